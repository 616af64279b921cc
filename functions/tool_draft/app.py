"""POST /tool/draft: create or patch a tool draft; and its reading, moves, discard and list."""

from draftkeep.http.forms import form_draft_app
from tool_draft.contract import TOOL

app = form_draft_app(TOOL)
handler = app.handler
