"""Persona drafts."""
