"""POST /eval/draft: create or patch an eval draft; and its reading, moves, discard and list."""

from draftkeep.http.forms import form_draft_app
from eval_draft.contract import EVAL

app = form_draft_app(EVAL)
handler = app.handler
