"""Eval drafts."""
