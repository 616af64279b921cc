"""The use cases: what a caller can do with drafts, whatever protocol they come by."""
