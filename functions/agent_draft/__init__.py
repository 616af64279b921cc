"""Agent drafts: the head of an agent's next revision."""
