"""The daily removal of discarded drafts."""
