"""POST /persona/draft: create or patch a persona draft; and its reading, moves, discard and list."""

from draftkeep.http.forms import form_draft_app
from persona_draft.contract import PERSONA

app = form_draft_app(PERSONA)
handler = app.handler
