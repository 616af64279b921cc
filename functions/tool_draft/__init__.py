"""Tool drafts."""
