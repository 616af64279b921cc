"""POST /test/draft: create or patch a test draft; and its reading, moves, discard and list."""

from draftkeep.http.forms import form_draft_app
from test_draft.contract import TEST

app = form_draft_app(TEST)
handler = app.handler
