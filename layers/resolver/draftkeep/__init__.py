"""Draftkeep: drafts that never lose an edit, as append-only logs in DynamoDB."""
