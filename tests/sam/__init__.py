"""The deployment's own tools, for real: `sam local` in containers, and `sam deploy` against an emulator."""
