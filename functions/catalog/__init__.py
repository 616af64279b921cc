"""The catalog: the resources that ids in drafts point to."""
