"""Test drafts."""
