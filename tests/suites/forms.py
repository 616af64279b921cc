"""The contract of form drafts: from values to ids, patches, races and crashes, on every engine."""

from __future__ import annotations

import threading
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from draftkeep.canonical import Content
from draftkeep.catalog import Catalog, Scope
from draftkeep.errors import DraftExists, NotFound, Unreachable, VersionConflict
from draftkeep.http.forms import FormContract
from draftkeep.log import Log
from draftkeep.model import Author, Draft, Entry
from draftkeep.preconditions import Precondition
from draftkeep.resources import computed_id
from draftkeep.service.drafts import Drafts
from draftkeep.service.forms import Forms
from draftkeep.service.states import Outcome
from draftkeep.store import Write
from eval_draft.contract import EVAL
from persona_draft.contract import PERSONA
from test_draft.contract import TEST
from tests.catalogs import ADMIN, new_catalog, new_catalog_table, share
from tests.suites.builders import ANY_VERSION, AUTHOR, seen
from tests.suites.editors import Editor, State
from tests.tables import new_drafts, new_forms
from tool_draft.contract import TOOL

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

CONTRACTS = {"persona": PERSONA, "tool": TOOL, "eval": EVAL, "test": TEST}

Open = Callable[..., Editor]


@pytest.fixture
def catalog_table(client: DynamoDBClient) -> Iterator[str]:
    name = new_catalog_table(client)
    yield name
    client.delete_table(TableName=name)


@pytest.fixture
def catalog(client: DynamoDBClient, catalog_table: str) -> Catalog:
    return new_catalog(client, catalog_table)


@pytest.fixture
def forms(drafts: Drafts, catalog: Catalog) -> Forms:
    return new_forms(drafts, catalog)


@pytest.fixture
def new_process(client: DynamoDBClient, table: str, catalog_table: str) -> Callable[[], Forms]:
    """Makes the use cases as another container has them: nothing shared but the tables."""
    return lambda: new_forms(new_drafts(client, table), new_catalog(client, catalog_table))


@pytest.fixture
def persona(forms: Forms) -> Editor:
    return Editor(forms, PERSONA)


@pytest.fixture
def tool(forms: Forms) -> Editor:
    return Editor(forms, TOOL)


@pytest.fixture
def evaluation(forms: Forms) -> Editor:
    return Editor(forms, EVAL)


@pytest.fixture
def invocation(forms: Forms) -> Editor:
    return Editor(forms, TEST)


def rows_of(client: DynamoDBClient, table: str) -> list[str]:
    """The ids of all rows of a catalog table, each as often as it is stored by id."""
    items: Any = client.scan(TableName=table, ConsistentRead=True)["Items"]
    return sorted(f"{item['type']['S']} {item['val']['S']}" for item in items if item["sk"]["S"].startswith("ID#"))


def everything(client: DynamoDBClient, *tables: str) -> list[Any]:
    scans: Any = [client.scan(TableName=table, ConsistentRead=True)["Items"] for table in tables]
    return [sorted(items, key=str) for items in scans]


class Interrupted(Log):
    """The log of a process that ends when it is about to append."""

    def append(
        self, draft: Draft, entry: Entry, content: Content | None, head: Entry | None, before: Sequence[Write] = ()
    ) -> Entry:
        raise Unreachable


class Overtaken(Log):
    """The log of a process that a rival always overtakes once, just before it appends."""

    rival: Callable[[], object] | None = None

    def append(
        self, draft: Draft, entry: Entry, content: Content | None, head: Entry | None, before: Sequence[Write] = ()
    ) -> Entry:
        rival, self.rival = self.rival, None
        if rival:
            rival()
        return super().append(draft, entry, content, head, before)


def over(forms: Forms, log: Log) -> Forms:
    """The same use cases over another log."""
    return replace(forms, drafts=Drafts(replace(forms.drafts.writing, log=log)))


def log_like(log: Log, kind: type[Log]) -> Any:
    return kind(log._store, log._keyframes)


def interrupt(editor: Editor, **fields: Any) -> None:
    """Send a patch from a process that ends after it made its resources and before it saved."""
    forms = editor.forms
    editor.forms = over(forms, log_like(forms.drafts.log, Interrupted))
    with pytest.raises(Unreachable):
        editor.send(fields)
    editor.forms = forms


def changed(before: State, after: State) -> State:
    """The members that differ, as they are now."""
    assert list(before) == list(after)
    return {name: after[name] for name in after if after[name] != before[name]}


def arg(name: str, **fields: Any) -> dict[str, Any]:
    none = {"field_type": None, "description": None, "required": None, "default_value": None}
    return {"name": name, **none, **fields}


def names(state: State) -> list[str]:
    return [draft["name"] for draft in state["args_drafts"]]


# -------------------------------------------------------------------------------------------- creating, patching


@pytest.mark.parametrize("kind", CONTRACTS)
def test_an_empty_patch_begins_an_empty_draft(forms: Forms, kind: str) -> None:
    editor = Editor(forms, CONTRACTS[kind])

    state = editor.send()

    assert state == dict(CONTRACTS[kind].form.empty().state) == editor.read()
    assert list(state) == list(CONTRACTS[kind].form.state)
    assert editor.version == 1


@pytest.mark.parametrize("kind", CONTRACTS)
def test_what_is_absent_is_unchanged_and_null_clears(forms: Forms, kind: str) -> None:
    editor = Editor(forms, CONTRACTS[kind])
    editor.send(name="Ann", description="A text")

    before = editor.send(name="Bob")
    after = editor.send(name=None)

    assert (before["name"], before["description"]) == ("Bob", "A text")
    assert changed(before, after) == {"name_id": None, "name": None}


@pytest.mark.parametrize("kind", CONTRACTS)
def test_a_patch_that_changes_nothing_adds_no_entry(forms: Forms, kind: str) -> None:
    editor = Editor(forms, CONTRACTS[kind])
    editor.send(name="Ann")

    same = editor.save({"name": "Ann"})
    nothing = editor.save({})

    assert (same.outcome, nothing.outcome, editor.version) == (Outcome.UNCHANGED, Outcome.UNCHANGED, 1)


def test_a_patch_of_a_draft_that_is_not_there_is_not_found(persona: Editor) -> None:
    persona.draft = persona.forms.begin(PERSONA.kind, persona.scope)

    with pytest.raises(NotFound):
        persona.send(name="Ann")
    with pytest.raises(NotFound):
        persona.send(color="no color")


def test_another_users_draft_is_not_found(persona: Editor) -> None:
    persona.send(name="Ann")
    assert persona.draft
    colleague = Editor(persona.forms, PERSONA, "bob", replace(persona.draft, user="bob"))

    with pytest.raises(NotFound):
        colleague.send(name="Bob")

    assert persona.read()["name"] == "Ann"


def test_a_stale_version_is_a_conflict_and_a_fresh_one_passes(persona: Editor) -> None:
    persona.send(name="Ann")
    persona.send(name="Bob")

    with pytest.raises(VersionConflict) as conflict:
        persona.save({"description": "late"}, seen(1))
    with pytest.raises(DraftExists):
        persona.save({"description": "late"}, Precondition(only_new=True))
    fresh = persona.save({"description": "in time"}, seen(2))
    retried = persona.save({"description": "in time"}, seen(2))

    assert conflict.value.current.version == 2
    assert (fresh.state.head.version, retried.outcome, retried.state.head.version) == (3, Outcome.UNCHANGED, 3)


def test_a_refused_patch_changes_nothing(
    client: DynamoDBClient, table: str, catalog_table: str, catalog: Catalog, tool: Editor
) -> None:
    share(catalog, "departments", "Sales", id_="sales")
    tool.send(name="Ann", args_drafts=[arg("query")])
    before = everything(client, table, catalog_table)

    refused = tool.refusals(name="Bob", active=True, args_drafts=[arg("other")], department_ids=["sales", "nowhere"])

    assert refused == [("/department_ids/1", "unknown_resource")]
    assert everything(client, table, catalog_table) == before


def test_all_problems_are_told_at_once(catalog: Catalog, persona: Editor) -> None:
    share(catalog, "departments", "Sales")

    refused = persona.refusals(
        name_id="n",
        color="reddish",
        icon="<svg onload='x'/>",
        departments=["Sales", "Nowhere", "Nobody"],
        voice_ids=["v"],
        example_ids=["e"],
        flag_ids=["f"],
        pending_ids=["p"],
    )

    assert refused == [
        ("/color", "bad_color"),
        ("/departments/1", "no_match"),
        ("/departments/2", "no_match"),
        ("/example_ids/0", "unknown_resource"),
        ("/flag_ids/0", "unknown_resource"),
        ("/icon", "no_match"),
        ("/name_id", "unknown_resource"),
        ("/pending_ids/0", "not_selected"),
        ("/voice_ids/0", "unknown_resource"),
    ]


def test_undo_and_redo_bring_the_form_state_back(catalog: Catalog, tool: Editor) -> None:
    share(catalog, "departments", "Sales", id_="sales")
    first = tool.send(name="Ann", active=True, args_drafts=[arg("a", outputs=[{"name": "x"}]), arg("b")])
    second = tool.send(name=None, active=None, args_drafts=[arg("c")], department_ids=["sales"])
    assert tool.draft

    undone = tool.forms.drafts.undo(tool.draft, AUTHOR, ANY_VERSION)
    redone = tool.forms.drafts.redo(tool.draft, AUTHOR, ANY_VERSION)
    again = tool.forms.drafts.undo(tool.draft, AUTHOR, ANY_VERSION)

    assert [tool.shown(one) for one in (undone, redone, again)] == [first, second, first]
    assert changed(first, tool.send(description="after")).keys() == {"description_id", "description"}


# -------------------------------------------------------------------------------------------------------- texts


@pytest.mark.parametrize(("field", "type_"), [("name", "names"), ("description", "descriptions")])
@pytest.mark.parametrize("kind", CONTRACTS)
def test_a_text_has_a_computed_id_and_makes_no_row(
    client: DynamoDBClient, catalog_table: str, forms: Forms, kind: str, field: str, type_: str
) -> None:
    editor = Editor(forms, CONTRACTS[kind])

    state = editor.send({field: "Ann \U0001f600"})

    assert (state[f"{field}_id"], state[field]) == (
        computed_id("acme", "ann", type_, "Ann \U0001f600"),
        "Ann \U0001f600",
    )
    assert rows_of(client, catalog_table) == []


def test_a_text_in_two_unicode_compositions_has_one_id(persona: Editor) -> None:
    composed = persona.send(name="Jos\u00e9")

    decomposed = persona.send(name="Jose\u0301")
    other = persona.send(name="Jose")

    assert decomposed["name_id"] == composed["name_id"] != other["name_id"]
    assert unicodedata.normalize("NFC", decomposed["name"]) == "Jos\u00e9"


@pytest.mark.parametrize(
    "text", ["x" * 10_000, "\U0001f468\u200d\U0001f469\u200d\U0001f467 " * 1000, " Ann ", "\u0000"]
)
def test_a_text_comes_back_as_it_was_sent(persona: Editor, text: str) -> None:
    state = persona.send(name=text, instructions=text, examples=[text])

    assert (state["name"], state["instructions"], state["examples"]) == (text, text, [text])
    assert persona.read() == state


def test_an_edit_beside_the_echoed_id_is_an_edit(persona: Editor) -> None:
    before = persona.send(name="ann", description="kept")

    after = persona.send(before | {"name": "Ann"})

    assert after["name"] == "Ann"
    assert after["name_id"] == computed_id("acme", "ann", "names", "Ann") != before["name_id"]
    assert changed(before, after).keys() == {"name_id", "name"}


def test_an_edit_of_an_unselected_shared_text_is_not_an_edit_the_id_wins(catalog: Catalog, persona: Editor) -> None:
    share(catalog, "names", "Shared name", id_="n1")
    persona.send(name="Ann")

    chosen = persona.send(name_id="n1", name="Bob")
    echoed = persona.send(name_id="n1", name="Shared name")
    edited = persona.send(name_id="n1", name="Another")

    assert (chosen["name_id"], chosen["name"]) == ("n1", "Shared name")
    assert echoed == chosen
    assert (edited["name_id"], edited["name"]) == (computed_id("acme", "ann", "names", "Another"), "Another")


def test_a_null_id_lets_the_value_speak_and_a_null_value_the_id(catalog: Catalog, persona: Editor) -> None:
    share(catalog, "names", "Shared name", id_="n1")

    by_value = persona.send(name_id=None, name="Ann")
    by_id = persona.send(name_id="n1", name=None)
    cleared = persona.send(name_id=None)

    assert by_value["name"] == "Ann"
    assert (by_id["name_id"], by_id["name"]) == ("n1", "Shared name")
    assert (cleared["name_id"], cleared["name"]) == (None, None)


def test_a_text_taken_over_from_another_draft_keeps_its_id(persona: Editor) -> None:
    first = persona.send(name="Ann", instructions="Be kind", examples=["one", "two"])
    other = Editor(persona.forms, PERSONA)

    state = other.send(first)

    assert state == first


def test_a_text_id_alone_is_not_known_to_another_draft(persona: Editor) -> None:
    first = persona.send(name="Ann")
    other = Editor(persona.forms, PERSONA)

    assert other.refusals(name_id=first["name_id"]) == [("/name_id", "unknown_resource")]


def test_the_same_text_has_the_same_id_for_ever_and_for_its_user_only(
    forms: Forms, new_process: Callable[[], Forms]
) -> None:
    first = Editor(forms, PERSONA).send(name="Ann", examples=["one"])
    changing = Editor(new_process(), PERSONA)
    changing.send(name="Bob", examples=[])

    second = changing.send(name="Ann", examples=["one"])
    tool = Editor(new_process(), TOOL).send(name="Ann")
    colleague = Editor(new_process(), PERSONA, "bob").send(name="Ann", examples=["one"])

    assert second["name_id"] == first["name_id"] == tool["name_id"]
    assert second["example_ids"] == first["example_ids"]
    assert colleague["name_id"] != first["name_id"]
    assert set(colleague["example_ids"]).isdisjoint(first["example_ids"])


def test_a_colleagues_text_id_cannot_be_selected(forms: Forms) -> None:
    state = Editor(forms, PERSONA).send(name="Ann", examples=["one"])
    colleague = Editor(forms, PERSONA, "bob")

    refused = colleague.refusals(name_id=state["name_id"], example_ids=state["example_ids"])

    assert refused == [("/example_ids/0", "unknown_resource"), ("/name_id", "unknown_resource")]


def test_texts_without_their_ids_replace_the_list_and_with_them_join_it(persona: Editor) -> None:
    first = persona.send(examples=["one", "two"])

    replaced = persona.send(examples=["three"])
    joined = persona.send(example_ids=replaced["example_ids"], examples=["four", "three"])
    dropped = persona.send(example_ids=joined["example_ids"][1:])
    cleared = persona.send(examples=None)

    assert first["examples"] == ["one", "two"]
    assert replaced["examples"] == ["three"]
    assert joined["examples"] == ["three", "four"]
    assert dropped["examples"] == ["four"]
    assert (cleared["example_ids"], cleared["examples"]) == ([], [])


def test_a_text_that_a_chosen_id_shows_is_not_written_a_second_time(catalog: Catalog, persona: Editor) -> None:
    share(catalog, "examples", "A late parcel", id_="late-parcel")
    chosen = persona.send(example_ids=["late-parcel"])

    echoed = persona.send(example_ids=chosen["example_ids"], examples=chosen["examples"])
    twice = persona.send(example_ids=["late-parcel"], examples=["A late parcel", "A late parcel", "Another"])
    again = persona.send(example_ids=twice["example_ids"], examples=twice["examples"])

    assert (echoed["example_ids"], echoed["examples"]) == (["late-parcel"], ["A late parcel"])
    assert twice["examples"] == ["A late parcel", "A late parcel", "Another"]
    assert twice["example_ids"][0] == "late-parcel"
    assert (again["example_ids"], again["examples"]) == (twice["example_ids"], twice["examples"])


@pytest.mark.parametrize("patch", [{"example_ids": None}, {"example_ids": []}, {"examples": []}, {"examples": None}])
def test_null_and_no_items_clear_a_list_of_texts(persona: Editor, patch: State) -> None:
    persona.send(examples=["one"])

    state = persona.send(patch)

    assert (state["example_ids"], state["examples"]) == ([], [])


def test_equal_texts_of_one_list_are_kept_apart(persona: Editor) -> None:
    first = persona.send(examples=["one", "one", "two", "one"])

    echoed = persona.send(first)
    fewer = persona.send(example_ids=first["example_ids"][1:])

    assert len(set(first["example_ids"])) == 4
    assert echoed == first
    assert fewer["examples"] == ["one", "two", "one"]


def test_an_example_of_the_catalog_is_selected_with_its_text(catalog: Catalog, persona: Editor) -> None:
    row = share(catalog, "examples", "A shared example")

    state = persona.send(example_ids=[row.id], examples=["my own"])

    assert state["examples"] == ["A shared example", "my own"]
    assert state["example_ids"][0] == row.id


# -------------------------------------------------------------------------------------------------- color, icon


@pytest.mark.parametrize("spelling", ["#abc", "#ABC", "#aabbcc", "#AABBCC", "#AaBbCc", " #aBc "])
def test_a_color_is_one_in_every_spelling(
    client: DynamoDBClient, catalog_table: str, persona: Editor, spelling: str
) -> None:
    first = persona.send(color="#aabbcc")

    again = persona.send(color=spelling)
    echoed = persona.send(color_id=first["color_id"], color=spelling)

    assert first["color"] == "#aabbcc"
    assert again == echoed == first
    assert persona.version == 1
    assert rows_of(client, catalog_table) == ["colors #aabbcc"]


def test_a_color_of_the_catalog_is_found_by_its_code_and_name(catalog: Catalog, persona: Editor) -> None:
    red = share(catalog, "colors", "#F00", name="Fire Red")

    by_code = persona.send(color="#f00")
    cleared = persona.send(color=None)
    by_name = persona.send(color="fire  red")

    assert (by_code["color_id"], by_code["color"]) == (by_name["color_id"], by_name["color"]) == (red.id, "#ff0000")
    assert (cleared["color_id"], cleared["color"]) == (None, None)


@pytest.mark.parametrize(
    "text", ["", "red", "#12", "#12345", "#1234567", "#ggg", "rgb(1,2,3)", "#\u0661\u0661\u0661", "112233"]
)
def test_other_text_is_no_color(client: DynamoDBClient, catalog_table: str, persona: Editor, text: str) -> None:
    assert persona.refusals(color=text) == [("/color", "bad_color")]
    assert rows_of(client, catalog_table) == []


def test_a_color_edited_beside_its_echoed_id_is_an_edit(persona: Editor) -> None:
    before = persona.send(color="#111111")

    after = persona.send(before | {"color": "#222222"})

    assert after["color"] == "#222222"
    assert after["color_id"] != before["color_id"]


def test_two_users_never_share_a_private_color(forms: Forms) -> None:
    ann = Editor(forms, PERSONA).send(color="#123456")
    bob = Editor(forms, PERSONA, "bob")

    other = bob.send(color="#123456")

    assert other["color_id"] != ann["color_id"]
    assert bob.refusals(color_id=ann["color_id"]) == [("/color_id", "unknown_resource")]


def test_a_private_color_is_selected_by_id_in_another_draft_of_its_owner(persona: Editor) -> None:
    first = persona.send(color="#123456")

    second = Editor(persona.forms, PERSONA).send(color_id=first["color_id"])

    assert second["color"] == "#123456"


def test_an_icon_is_found_by_its_markup_and_its_name_and_never_made(
    client: DynamoDBClient, catalog_table: str, catalog: Catalog, persona: Editor
) -> None:
    markup = '<svg xmlns="http://www.w3.org/2000/svg"><path d="M0 0h1"/></svg>'
    share(catalog, "icons", markup, id_="home", name="Home Page")

    by_markup = persona.send(icon=markup)
    by_name = persona.send(icon="home  PAGE")
    by_id = persona.send(icon_id="home")
    refused = persona.refusals(icon='<svg xmlns="http://www.w3.org/2000/svg"/>')

    assert by_markup == by_name == by_id
    assert (by_id["icon_id"], by_id["icon"]) == ("home", markup)
    assert refused == persona.refusals(icon="unknown") == [("/icon", "no_match")]
    assert rows_of(client, catalog_table) == [f"icons {markup}"]


@pytest.mark.parametrize("by", ["markup", "name", "id"])
def test_an_archived_icon_stays_where_it_is_and_is_not_selected_anew(
    catalog: Catalog, persona: Editor, by: str
) -> None:
    row = share(catalog, "icons", "<svg/>", id_="home", name="Home")
    before = persona.send(icon="home")
    catalog.archive(ADMIN, row)
    patch = {"markup": {"icon": "<svg/>"}, "name": {"icon": "home"}, "id": {"icon_id": "home"}}[by]

    assert persona.send(before) == before
    assert len(Editor(persona.forms, PERSONA).refusals(patch)) == 1


# ---------------------------------------------------------------------------------------- curated, references


@pytest.mark.parametrize(
    ("contract", "type_"),
    [(PERSONA, "departments"), (PERSONA, "parameter_fields"), (PERSONA, "voices"), (EVAL, "departments")],
)
def test_curated_names_resolve_in_any_case_and_spacing_and_every_miss_is_told(
    client: DynamoDBClient, catalog_table: str, catalog: Catalog, forms: Forms, contract: FormContract, type_: str
) -> None:
    editor = Editor(forms, contract)
    left, right = share(catalog, type_, "Caf\u00e9 Staff"), share(catalog, type_, "Sales")
    ids = f"{type_.removesuffix('s')}_ids"

    state = editor.send({type_: ["  CAFE\u0301   staff", "sales", "Sales"]})
    refused = editor.refusals({type_: ["Sales", "Nobody", "", "Nowhere"]})

    assert state[ids] == [left.id, right.id]
    assert refused == [(f"/{type_}/{index}", "no_match") for index in (1, 2, 3)]
    assert len(rows_of(client, catalog_table)) == 2


def test_curated_names_replace_the_list_and_with_ids_join_it(catalog: Catalog, persona: Editor) -> None:
    for name in ("Sales", "Legal", "Support"):
        share(catalog, "departments", name, id_=name.lower())
    persona.send(departments=["Sales"])

    replaced = persona.send(departments=["Legal"])
    joined = persona.send(department_ids=["support"], departments=["Legal", "Sales", "Support"])
    reduced = persona.send(department_ids=["sales", "sales"])
    cleared = persona.send(departments=None)

    assert replaced["department_ids"] == ["legal"]
    assert joined["department_ids"] == ["support", "legal", "sales"]
    assert reduced["department_ids"] == ["sales"]
    assert cleared["department_ids"] == []


def test_what_is_archived_stays_selected_and_is_not_selected_anew(catalog: Catalog, persona: Editor) -> None:
    row = share(catalog, "departments", "Sales", id_="sales")
    share(catalog, "departments", "Legal", id_="legal")
    persona.send(departments=["Sales"])
    catalog.archive(ADMIN, row)

    kept = persona.send(department_ids=["legal", "sales"])
    by_name = persona.send(departments=["sales", "legal"])
    dropped = persona.send(department_ids=["legal"])

    assert kept["department_ids"] == ["legal", "sales"]
    assert by_name["department_ids"] == ["sales", "legal"]
    assert dropped["department_ids"] == ["legal"]
    assert persona.refusals(department_ids=["sales"]) == [("/department_ids/0", "archived_resource")]
    assert persona.refusals(departments=["Sales"]) == [("/departments/0", "no_match")]


REFERENCES = [
    *((PERSONA, field, type_) for field, type_ in (("name_id", "names"), ("description_id", "descriptions"))),
    *((PERSONA, field, type_) for field, type_ in (("color_id", "colors"), ("icon_id", "icons"))),
    (PERSONA, "instructions_id", "instructions"),
    (TOOL, "instruction_id", "instructions"),
    (TEST, "value_id", "values"),
    (TEST, "key_id", "keys"),
    (TEST, "endpoint_id", "endpoints"),
    (TEST, "temperature_level_id", "temperature_levels"),
    (TEST, "pricing_id", "pricing"),
    (TEST, "reasoning_level_id", "reasoning_levels"),
]
REFERENCE_LISTS = [
    *((PERSONA, field, type_) for field, type_ in (("example_ids", "examples"), ("department_ids", "departments"))),
    *(
        (PERSONA, field, type_)
        for field, type_ in (("parameter_field_ids", "parameter_fields"), ("voice_ids", "voices"))
    ),
    *((TOOL, field, type_) for field, type_ in (("department_ids", "departments"), ("arg_ids", "args"))),
    *(
        (TOOL, field, type_)
        for field, type_ in (("instruction_ids", "instructions"), ("permission_ids", "permissions"))
    ),
    *((EVAL, field, type_) for field, type_ in (("department_ids", "departments"), ("model_ids", "models"))),
    *((TEST, field, type_) for field, type_ in (("department_ids", "departments"), ("modality_ids", "modalities"))),
    *((TEST, field, type_) for field, type_ in (("quality_ids", "qualities"), ("voice_ids", "voices"))),
    *((TEST, field, type_) for field, type_ in (("model_flag_ids", "model_flags"), ("flag_ids", "flags"))),
    (TEST, "model_position_ids", "model_positions"),
    (TEST, "model_rubric_ids", "model_rubrics"),
]
VALUES = {"colors": "#112233", "icons": "<svg/>"}
ATTRIBUTES: dict[str, State] = {
    "flags": {"type": "speed"},
    "model_flags": {"model_id": "m", "flag_id": "f"},
    "model_positions": {"model_id": "m"},
    "model_rubrics": {"model_id": "m"},
    "args": {"name": "query"},
}


@pytest.mark.parametrize(("contract", "field", "type_"), [*REFERENCES, *REFERENCE_LISTS])
def test_an_id_must_exist_in_its_own_type_and_be_in_use(
    catalog: Catalog, forms: Forms, contract: FormContract, field: str, type_: str
) -> None:
    row = share(catalog, type_, VALUES.get(type_, "one"), id_="r1", **ATTRIBUTES.get(type_, {}))
    share(catalog, "permissions" if type_ != "permissions" else "voices", "another type", id_="r2")
    many = field.endswith("_ids")
    pointer = f"/{field}/0" if many else f"/{field}"

    def sent(id_: str) -> State:
        return {field: [id_] if many else id_}

    editor = Editor(forms, contract)
    assert editor.refusals(sent("r2")) == editor.refusals(sent("x" * 300)) == [(pointer, "unknown_resource")]
    assert editor.refusals(sent("")) == [(pointer, "unknown_resource")]
    assert editor.send(sent("r1"))[field] == sent("r1")[field]
    catalog.archive(ADMIN, row)
    assert editor.send(sent("r1"))[field] == sent("r1")[field]
    assert Editor(forms, contract).refusals(sent("r1")) == [(pointer, "archived_resource")]
    assert editor.send({field: None})[field] == ([] if many else None)


# --------------------------------------------------------------------------------------------------------- flags


@pytest.mark.parametrize("kind", ["persona", "tool", "eval"])
def test_the_switch_is_a_flag_made_on_first_use(
    client: DynamoDBClient, catalog_table: str, forms: Forms, kind: str
) -> None:
    editor = Editor(forms, CONTRACTS[kind])

    on = editor.send(active=True)
    off = editor.send(active=False)
    again = editor.send(active=True)
    cleared = editor.send(active=None)

    assert [one["active"] for one in (on, off, again, cleared)] == [True, False, True, None]
    assert (len(on["flag_ids"]), len(off["flag_ids"]), cleared["flag_ids"]) == (1, 1, [])
    assert again["flag_ids"] == on["flag_ids"] != off["flag_ids"]
    assert rows_of(client, catalog_table) == ["flags false", "flags true"]


def test_the_switch_takes_the_shared_flag_where_there_is_one(
    client: DynamoDBClient, catalog_table: str, catalog: Catalog, persona: Editor
) -> None:
    share(catalog, "flags", "true", id_="on", type="persona_active")
    share(catalog, "flags", "true", id_="other", type="tool_active")

    state = persona.send(active=True)

    assert state["flag_ids"] == ["on"]
    assert len(rows_of(client, catalog_table)) == 2


def test_the_switch_beats_flag_ids_and_null_clears_its_flag_alone(catalog: Catalog, persona: Editor) -> None:
    share(catalog, "flags", "true", id_="on", type="persona_active")
    share(catalog, "flags", "false", id_="off", type="persona_active")
    share(catalog, "flags", "fast", id_="fast", type="speed")

    beaten = persona.send(flag_ids=["off", "fast"], active=True)
    by_ids = persona.send(flag_ids=["fast", "off"])
    cleared = persona.send(flag_ids=["fast", "off"], active=None)

    assert (set(beaten["flag_ids"]), beaten["active"]) == ({"on", "fast"}, True)
    assert (set(by_ids["flag_ids"]), by_ids["active"]) == ({"off", "fast"}, False)
    assert (cleared["flag_ids"], cleared["active"]) == (["fast"], None)


def test_a_newly_selected_flag_evicts_the_other_of_its_type(catalog: Catalog, persona: Editor) -> None:
    for value in ("fast", "slow", "steady"):
        share(catalog, "flags", value, id_=value, type="speed")
    share(catalog, "flags", "loud", id_="loud", type="sound")
    persona.send(flag_ids=["fast", "loud"])

    before_old = persona.send(flag_ids=["slow", "fast", "loud"])
    after_old = persona.send(flag_ids=["slow", "loud", "steady"])
    two_new = persona.send(flag_ids=["slow", "fast"])

    assert set(before_old["flag_ids"]) == {"slow", "loud"}
    assert set(after_old["flag_ids"]) == {"steady", "loud"}
    assert two_new["flag_ids"] == ["fast"]


def test_of_two_flags_of_a_type_in_a_first_list_the_last_wins(catalog: Catalog, invocation: Editor) -> None:
    share(catalog, "flags", "fast", id_="fast", type="speed")
    share(catalog, "flags", "slow", id_="slow", type="speed")

    assert invocation.send(flag_ids=["fast", "slow"])["flag_ids"] == ["slow"]


def test_an_archived_flag_still_shows_in_the_draft_that_has_it(catalog: Catalog, persona: Editor) -> None:
    row = share(catalog, "flags", "true", id_="on", type="persona_active")
    before = persona.send(active=True)
    catalog.archive(ADMIN, row)

    assert persona.send(before) == before
    assert persona.send(name="Ann")["active"] is True


# ------------------------------------------------------------------------------------------------- model flags


@pytest.fixture
def models(catalog: Catalog) -> Catalog:
    """Two models, and flags of two types."""
    for id_ in ("m1", "m2"):
        share(catalog, "models", f"Model {id_}", id_=id_)
    for type_, value in (("speed", "fast"), ("speed", "slow"), ("sound", "loud")):
        share(catalog, "flags", value, id_=value, type=type_)
    return catalog


def shown_flag(model: str, type_: str, value: str) -> State:
    return {"model_id": model, "type": type_, "value": value}


FAST1, SLOW1, LOUD1 = (shown_flag("m1", *flag) for flag in (("speed", "fast"), ("speed", "slow"), ("sound", "loud")))
FAST2 = shown_flag("m2", "speed", "fast")


@pytest.mark.parametrize("contract", [EVAL, TEST], ids=["eval", "test"])
def test_pairs_make_joining_rows_once(
    client: DynamoDBClient, catalog_table: str, models: Catalog, forms: Forms, contract: FormContract
) -> None:
    editor = Editor(forms, contract)
    own: State = {"model_ids": ["m1", "m2"]} if contract is EVAL else {}

    first = editor.send(own, model_flags=[{"model_id": "m1", "flag_id": "fast"}])
    joined = editor.send(model_flags=[{"model_id": "m2", "flag_id": "fast"}, {"model_id": "m1", "flag_id": "loud"}])
    again = editor.send(model_flags=[{"model_id": "m1", "flag_id": "loud"}])

    assert first["model_flag_values"] == [FAST1]
    assert joined["model_flag_values"] == [FAST1, FAST2, LOUD1]
    assert again == joined
    assert len(set(joined["model_flag_ids"])) == 3
    rows = rows_of(client, catalog_table)
    assert [row for row in rows if row.startswith("model_flags")] == [
        "model_flags m1 fast",
        "model_flags m1 loud",
        "model_flags m2 fast",
    ]


def test_a_pair_with_a_missing_or_unknown_half_is_refused(models: Catalog, evaluation: Editor) -> None:
    refused = evaluation.refusals(
        model_ids=["m1"],
        model_flags=[
            {"model_id": "m1"},
            {"flag_id": "fast"},
            {},
            {"model_id": "m1", "flag_id": None},
            {"model_id": "m9", "flag_id": "fast"},
            {"model_id": "m1", "flag_id": "unknown"},
        ],
    )

    assert refused == [
        ("/model_flags/0/flag_id", "incomplete"),
        ("/model_flags/1/model_id", "incomplete"),
        ("/model_flags/2/flag_id", "incomplete"),
        ("/model_flags/2/model_id", "incomplete"),
        ("/model_flags/3/flag_id", "incomplete"),
        ("/model_flags/4/model_id", "unknown_resource"),
        ("/model_flags/5/flag_id", "unknown_resource"),
    ]


def test_values_resolve_to_flags_and_a_miss_is_refused(models: Catalog, invocation: Editor) -> None:
    state = invocation.send(model_flag_values=[FAST1, LOUD1])
    refused = invocation.refusals(
        model_flag_values=[FAST1, shown_flag("m1", "speed", "loud"), shown_flag("m1", "size", "fast")]
    )

    assert state["model_flag_values"] == [FAST1, LOUD1]
    assert refused == [("/model_flag_values/1/value", "no_match"), ("/model_flag_values/2/value", "no_match")]


def test_an_unknown_model_of_a_value_is_refused(models: Catalog, invocation: Editor) -> None:
    refused = invocation.refusals(model_flag_values=[shown_flag("m9", "speed", "fast")])

    assert refused == [("/model_flag_values/0/model_id", "unknown_resource")]


def test_an_archived_flag_is_not_selected_anew_by_its_value(models: Catalog, invocation: Editor) -> None:
    before = invocation.send(model_flag_values=[LOUD1])
    loud, fast = (models.get(ADMIN, "flags", id_) for id_ in ("loud", "fast"))
    assert loud
    assert fast
    models.archive(ADMIN, loud)
    models.archive(ADMIN, fast)

    assert invocation.send(before) == before
    assert invocation.send(model_flag_values=[LOUD1]) == before
    assert len(invocation.refusals(model_flag_values=[FAST1])) == 1


def test_values_alone_are_the_whole_list_and_with_ids_join_it(models: Catalog, invocation: Editor) -> None:
    first = invocation.send(model_flag_values=[FAST1, FAST2])

    alone = invocation.send(model_flag_values=[LOUD1])
    joined = invocation.send(model_flag_ids=first["model_flag_ids"], model_flag_values=[LOUD1])
    cleared = invocation.send(model_flag_values=None)

    assert alone["model_flag_values"] == [LOUD1]
    assert joined["model_flag_values"] == [FAST1, FAST2, LOUD1]
    assert (cleared["model_flag_values"], cleared["model_flag_ids"]) == ([], [])


def test_one_flag_for_each_model_and_type(models: Catalog, evaluation: Editor) -> None:
    evaluation.send(model_ids=["m1", "m2"], model_flag_values=[FAST1, FAST2, LOUD1])

    evicted = evaluation.send(model_flags=[{"model_id": "m1", "flag_id": "slow"}])
    both = evaluation.send(model_flag_values=[SLOW1, FAST1])
    both_new = evaluation.send(model_flag_values=[shown_flag("m2", "speed", "slow"), FAST2])

    assert evicted["model_flag_values"] in ([FAST2, LOUD1, SLOW1], [SLOW1, FAST2, LOUD1])
    assert both["model_flag_values"] == [FAST1]
    assert both_new["model_flag_values"] == [FAST2]


def test_an_edit_of_an_echoed_model_flag_value_evicts_the_old_one(models: Catalog, evaluation: Editor) -> None:
    before = evaluation.send(model_ids=["m1"], model_flag_values=[FAST1])

    after = evaluation.send(before | {"model_flag_values": [SLOW1]})

    assert after["model_flag_values"] == [SLOW1]


def test_a_shared_joining_row_is_used_whatever_its_value(models: Catalog, invocation: Editor) -> None:
    row = share(models, "model_flags", "A label", model_id="m1", flag_id="fast")

    by_value = invocation.send(model_flag_values=[FAST1])
    by_id = Editor(invocation.forms, TEST).send(model_flag_ids=[row.id])

    assert by_value["model_flag_ids"] == by_id["model_flag_ids"] == [row.id]
    assert by_id["model_flag_values"] == [FAST1]


def test_deselecting_a_model_drops_its_flags_positions_and_rubrics(models: Catalog, evaluation: Editor) -> None:
    for id_ in ("m1", "m2"):
        share(models, "model_positions", id_=f"p-{id_}", model_id=id_)
        share(models, "model_rubrics", id_=f"r-{id_}", model_id=id_)
    before = evaluation.send(
        model_ids=["m1", "m2"],
        model_flag_values=[FAST1, LOUD1, FAST2],
        model_position_ids=["p-m1", "p-m2"],
        model_rubric_ids=["r-m1", "r-m2"],
    )

    one_left = evaluation.send(model_ids=["m2"])
    other = Editor(evaluation.forms, EVAL)
    other.send(before)
    echoed = other.send(before | {"model_ids": ["m2"]})
    none_left = evaluation.send(model_ids=None)

    assert one_left["model_flag_values"] == [FAST2]
    assert (one_left["model_position_ids"], one_left["model_rubric_ids"]) == (["p-m2"], ["r-m2"])
    assert echoed == one_left
    assert none_left == dict(EVAL.form.empty().state)


def test_what_belongs_to_an_unselected_model_is_told_where_it_stands(models: Catalog, evaluation: Editor) -> None:
    share(models, "model_positions", id_="p-m2", model_id="m2")

    refused = evaluation.refusals(
        model_ids=["m1"],
        model_position_ids=["p-m2"],
        model_flags=[{"model_id": "m1", "flag_id": "fast"}, {"model_id": "m2", "flag_id": "fast"}],
        model_flag_values=[LOUD1, FAST2],
    )

    places = {pointer for pointer, code in refused if code == "not_selected"}
    assert len(places) == len(refused)
    assert all(
        pointer.startswith(("/model_position_ids/0", "/model_flags/1", "/model_flag_values/1")) for pointer in places
    )


# ---------------------------------------------------------------------------------------------------- arguments


def test_arguments_positions_and_outputs_are_made_and_shown_as_drafts(tool: Editor) -> None:
    made = tool.send(
        args=[arg("query", field_type="string", required=True), arg("limit", default_value={"n": [1, None]})]
    )
    query, limit = made["arg_ids"]

    state = tool.send(
        arg_positions=[{"args_id": query, "value": 1}, {"args_id": limit, "value": 0}],
        args_outputs=[{"args_id": query, "name": "out", "template": "{{x}}"}],
    )

    (output,) = state["args_output_ids"]
    assert state["args_outputs_ids"] == state["args_output_ids"]
    assert state["args_drafts"] == [
        arg("limit", id=limit, default_value={"n": [1, None]}, outputs=[]),
        arg(
            "query",
            id=query,
            field_type="string",
            required=True,
            outputs=[{"id": output, "name": "out", "template": "{{x}}"}],
        ),
    ]


def test_inline_rows_join_the_current_ids_and_the_requests(tool: Editor) -> None:
    first = tool.send(args=[arg("a"), arg("b")])

    joined = tool.send(args=[arg("c"), arg("a")])
    chosen = tool.send(arg_ids=first["arg_ids"][:1], args=[arg("d")])

    assert names(joined) == ["a", "b", "c"]
    assert names(chosen) == ["a", "d"]


def test_equal_arguments_of_one_list_are_kept_apart(tool: Editor) -> None:
    inline = tool.send(args=[arg("a"), arg("a")])
    again = tool.send(args=[arg("a"), arg("a")])
    drafts = Editor(tool.forms, TOOL).send(args_drafts=[arg("a"), arg("a"), arg("a")])

    assert len(set(inline["arg_ids"])) == 2
    assert again == inline
    assert len(set(drafts["arg_ids"])) == len(set(drafts["arg_position_ids"])) == 3
    assert drafts["arg_ids"][:2] == inline["arg_ids"]


def test_positions_and_outputs_of_other_arguments_are_refused(catalog: Catalog, tool: Editor) -> None:
    share(catalog, "args_outputs", id_="o9", args_id="elsewhere", name="out")
    share(catalog, "arg_positions", id_="p9", args_id="elsewhere", value=1)

    refused = tool.refusals(
        args=[arg("a")],
        arg_positions=[{"args_id": "elsewhere", "value": 0}],
        args_outputs=[{"args_id": "elsewhere", "name": "out"}],
        arg_position_ids=["p9"],
        args_output_ids=["o9"],
    )

    assert refused == [
        ("/arg_position_ids/0", "not_selected"),
        ("/arg_positions/0/args_id", "not_selected"),
        ("/args_output_ids/0", "not_selected"),
        ("/args_outputs/0/args_id", "not_selected"),
    ]


def test_deselecting_an_argument_drops_its_positions_and_outputs(tool: Editor) -> None:
    before = tool.send(
        args_drafts=[arg("a", outputs=[{"name": "x"}, {"name": "y"}]), arg("b", outputs=[{"name": "z"}])]
    )

    after = tool.send(arg_ids=before["arg_ids"][1:])
    cleared = tool.send(arg_ids=[])

    assert after["args_output_ids"] == after["args_outputs_ids"] == before["args_output_ids"][2:]
    assert after["arg_position_ids"] == before["arg_position_ids"][1:]
    assert after["args_drafts"] == before["args_drafts"][1:]
    assert cleared == dict(TOOL.form.empty().state)


def test_either_name_of_the_outputs_selects_them(tool: Editor) -> None:
    before = tool.send(args_drafts=[arg("a", outputs=[{"name": "x"}, {"name": "y"}])])

    after = tool.send(args_outputs_ids=before["args_output_ids"][1:])
    refused = tool.refusals(args_outputs_ids=[], args_output_ids=before["args_output_ids"])

    assert after["args_output_ids"] == after["args_outputs_ids"] == before["args_output_ids"][1:]
    assert refused == [("/args_outputs_ids", "alias_conflict")]


def test_drafts_replace_the_triple_and_their_index_is_the_position(tool: Editor) -> None:
    before = tool.send(args_drafts=[arg("a"), arg("b")])

    after = tool.send(before | {"args_drafts": [arg("c", outputs=[{"name": "out"}])]})

    assert names(after) == ["c"]
    assert set(after["arg_ids"]).isdisjoint(before["arg_ids"])
    assert (len(after["arg_ids"]), len(after["arg_position_ids"]), len(after["args_output_ids"])) == (1, 1, 1)


@pytest.mark.parametrize("cleared", [None, []])
def test_drafts_of_nothing_clear_all_three(tool: Editor, cleared: object) -> None:
    tool.send(args_drafts=[arg("a", outputs=[{"name": "out"}])])

    assert tool.send(args_drafts=cleared) == dict(TOOL.form.empty().state)


def test_reordered_drafts_keep_their_ids_and_get_new_positions(tool: Editor) -> None:
    before = tool.send(args_drafts=[arg(name, outputs=[{"name": f"out {name}"}]) for name in "abc"])

    after = tool.send(args_drafts=before["args_drafts"][::-1])
    back = tool.send(args_drafts=before["args_drafts"])

    assert after["args_drafts"] == before["args_drafts"][::-1]
    assert sorted(after["arg_ids"]) == sorted(before["arg_ids"])
    assert sorted(after["args_output_ids"]) == sorted(before["args_output_ids"])
    assert back["args_drafts"] == before["args_drafts"]
    assert sorted(back["arg_position_ids"]) == sorted(before["arg_position_ids"])


@pytest.mark.parametrize(
    ("field", "old", "new"),
    [
        ("name", "a", "A"),
        ("field_type", None, "string"),
        ("description", "old", None),
        ("required", False, True),
        ("required", False, None),
        ("default_value", 1, 2),
        ("default_value", 1, True),
        ("default_value", False, 0),
        ("default_value", [1, {"x": 0}], [1, {"x": False}]),
        ("default_value", "1", 1),
        ("default_value", None, []),
    ],
)
def test_an_edited_draft_becomes_a_new_resource_in_its_place_and_its_outputs_follow(
    tool: Editor, field: str, old: object, new: object
) -> None:
    before = tool.send(
        args_drafts=[arg("first"), arg("a") | {field: old, "outputs": [{"name": "x"}, {"name": "y"}]}, arg("last")]
    )

    edited = [dict(draft) for draft in before["args_drafts"]]
    edited[1][field] = new
    after = tool.send(before | {"args_drafts": edited})

    assert [draft["id"] for draft in after["args_drafts"]][::2] == [before["arg_ids"][0], before["arg_ids"][2]]
    assert after["args_drafts"][1][field] == new
    assert type(after["args_drafts"][1][field]) is type(new)
    assert after["arg_ids"][1] not in before["arg_ids"]
    assert [output["name"] for output in after["args_drafts"][1]["outputs"]] == ["x", "y"]
    assert set(after["args_output_ids"]).isdisjoint(before["args_output_ids"])
    assert tool.send(after) == after


def test_an_edited_output_becomes_a_new_one_in_its_place(tool: Editor) -> None:
    before = tool.send(args_drafts=[arg("a", outputs=[{"name": "x"}, {"name": "y", "template": "1"}, {"name": "z"}])])
    drafts = [dict(draft) for draft in before["args_drafts"]]
    drafts[0]["outputs"] = [dict(output) for output in drafts[0]["outputs"]]
    drafts[0]["outputs"][1]["template"] = "2"

    after = tool.send(args_drafts=drafts)

    assert after["arg_ids"] == before["arg_ids"]
    assert [after["args_output_ids"][index] for index in (0, 2)] == [
        before["args_output_ids"][index] for index in (0, 2)
    ]
    assert after["args_output_ids"][1] != before["args_output_ids"][1]
    assert [output["template"] for output in after["args_drafts"][0]["outputs"]] == [None, "2", None]


def test_a_new_draft_equal_to_a_linked_one_leaves_it_its_id(tool: Editor) -> None:
    before = tool.send(args_drafts=[arg("a", outputs=[{"name": "x"}])])
    (linked,) = before["args_drafts"]

    after = tool.send(args_drafts=[arg("a"), linked])

    assert after["args_drafts"][1] == linked
    assert after["args_drafts"][0]["id"] != linked["id"]


def test_a_new_output_equal_to_a_linked_one_leaves_it_its_id(tool: Editor) -> None:
    before = tool.send(args_drafts=[arg("a", outputs=[{"name": "x"}])])
    (linked,) = before["args_drafts"]

    after = tool.send(args_drafts=[linked | {"outputs": [{"name": "x"}, *linked["outputs"]]}])

    assert after["args_output_ids"][1] == before["args_output_ids"][0] != after["args_output_ids"][0]


def test_equal_drafts_stay_apart_when_echoed_edited_or_removed(tool: Editor) -> None:
    before = tool.send(args_drafts=[arg("a", outputs=[{"name": "x"}])] * 3)
    drafts = before["args_drafts"]

    echoed = tool.send(before)
    edited = tool.send(args_drafts=[drafts[0], drafts[1] | {"name": "b"}, drafts[2]])
    removed = tool.send(args_drafts=[drafts[1], drafts[2]])
    twice = tool.send(args_drafts=[drafts[1], drafts[1]])

    assert echoed == before
    assert [edited["arg_ids"][index] for index in (0, 2)] == [before["arg_ids"][index] for index in (0, 2)]
    assert removed["arg_ids"] == before["arg_ids"][1:]
    assert twice["arg_ids"][0] == before["arg_ids"][1]
    assert len(set(twice["arg_ids"])) == 2


def test_drafts_of_another_draft_are_linked_by_their_ids(tool: Editor) -> None:
    before = tool.send(args_drafts=[arg("a", outputs=[{"name": "x"}])])

    other = Editor(tool.forms, TOOL).send(args_drafts=before["args_drafts"])
    colleague = Editor(tool.forms, TOOL, "bob")

    assert other["args_drafts"] == before["args_drafts"]
    assert colleague.refusals(args_drafts=before["args_drafts"]) == [
        ("/args_drafts/0/id", "unknown_resource"),
        ("/args_drafts/0/outputs/0/id", "unknown_resource"),
    ]


def test_of_several_positions_of_one_argument_the_last_stays(tool: Editor) -> None:
    made = tool.send(args_drafts=[arg("a"), arg("b")])
    first = made["arg_ids"][0]

    state = tool.send(arg_positions=[{"args_id": first, "value": 7}])

    assert names(state) == ["b", "a"]
    assert len(state["arg_position_ids"]) == 2


# ------------------------------------------------------------------------------------------------- the whole form


@pytest.fixture
def full(models: Catalog, forms: Forms) -> dict[str, Editor]:
    """A draft of each kind that has something in every member."""
    share(models, "icons", "<svg/>", id_="home", name="Home")
    for type_ in ("departments", "parameter_fields", "voices", "permissions", "values", "keys", "endpoints"):
        share(models, type_, "one", id_=f"{type_}-1")
    for type_ in ("modalities", "temperature_levels", "pricing", "reasoning_levels", "qualities", "instructions"):
        share(models, type_, "one", id_=f"{type_}-1")
    for type_ in ("model_positions", "model_rubrics"):
        share(models, type_, id_=f"{type_}-1", model_id="m1")
    editors = {kind: Editor(forms, contract) for kind, contract in CONTRACTS.items()}
    texts = {"name": "Ann", "description": "A text"}
    curated = {"departments": ["ONE"]}
    of_models = {
        "model_flag_values": [FAST1, LOUD1],
        "model_position_ids": ["model_positions-1"],
        "model_rubric_ids": ["model_rubrics-1"],
    }
    editors["persona"].send(
        **texts, **curated, instructions="Be kind", color="#abc", icon="home", active=True, examples=["e", "e", "f"],
        parameter_fields=["one"], voices=["one"], pending_ids=["voices-1"],
    )  # fmt: skip
    editors["tool"].send(
        **texts, active=False, department_ids=["departments-1"], instruction_id="instructions-1",
        instruction_ids=["instructions-1"], permission_ids=["permissions-1"], pending_ids=["permissions-1"],
        args_drafts=[arg("a", outputs=[{"name": "x"}, {"name": "x"}]), arg("a", required=False, default_value=0)],
    )  # fmt: skip
    editors["eval"].send(**texts, **curated, **of_models, active=True, model_ids=["m1", "m2"], pending_ids=["m2"])
    editors["test"].send(
        **texts, **of_models, department_ids=["departments-1"], value_id="values-1", flag_ids=["loud"],
        key_id="keys-1", endpoint_id="endpoints-1", modality_ids=["modalities-1"], pricing_id="pricing-1",
        temperature_level_id="temperature_levels-1", reasoning_level_id="reasoning_levels-1",
        quality_ids=["qualities-1"], voice_ids=["voices-1"], pending_ids=["keys-1"],
    )  # fmt: skip
    return editors


@pytest.mark.parametrize("kind", CONTRACTS)
def test_an_echo_of_form_state_changes_nothing(
    client: DynamoDBClient, table: str, catalog_table: str, full: dict[str, Editor], kind: str
) -> None:
    editor = full[kind]
    state = editor.state
    assert [name for name, value in state.items() if value in (None, [])] == []
    before = everything(client, table, catalog_table)

    echoed = editor.send(state)
    members = {name: editor.send({name: state[name]}) for name in state}

    assert echoed == state
    assert {name: changed(state, one) for name, one in members.items() if one != state} == {}
    assert editor.version == 1
    assert everything(client, table, catalog_table) == before


@pytest.mark.parametrize("kind", CONTRACTS)
def test_a_form_state_taken_over_into_a_new_draft_is_the_same(full: dict[str, Editor], kind: str) -> None:
    copy = Editor(full[kind].forms, CONTRACTS[kind])

    assert copy.send(full[kind].state) == full[kind].state


@pytest.mark.parametrize("kind", CONTRACTS)
def test_all_members_null_clear_the_form(full: dict[str, Editor], kind: str) -> None:
    editor = full[kind]

    assert editor.send(dict.fromkeys(editor.state)) == dict(CONTRACTS[kind].form.empty().state)


# ------------------------------------------------------------------------------------------------------- pending


def test_a_pending_id_must_be_selected(catalog: Catalog, persona: Editor) -> None:
    share(catalog, "voices", "one", id_="v1")
    share(catalog, "voices", "two", id_="v2")

    refused = persona.refusals(voice_ids=["v1"], pending_ids=["v1", "v2"])
    state = persona.send(voice_ids=["v1", "v2"], pending_ids=["v2", "v1", "v2"])

    assert refused == [("/pending_ids/1", "not_selected")]
    assert state["pending_ids"] == ["v2", "v1"]


def test_pending_ids_stay_until_deselected_or_left_out(catalog: Catalog, persona: Editor) -> None:
    for id_ in ("v1", "v2", "v3"):
        share(catalog, "voices", f"Voice {id_}", id_=id_)
    persona.send(voice_ids=["v1", "v2", "v3"], pending_ids=["v1", "v2", "v3"])

    kept = persona.send(name="Ann")
    deselected = persona.send(voice_ids=["v1", "v2"])
    again = persona.send(voice_ids=["v1", "v2", "v3"])
    activated = persona.send(pending_ids=["v2"])
    cleared = persona.send(pending_ids=None)

    assert kept["pending_ids"] == ["v1", "v2", "v3"]
    assert deselected["pending_ids"] == again["pending_ids"] == ["v1", "v2"]
    assert (activated["pending_ids"], cleared["pending_ids"]) == (["v2"], [])
    assert cleared["voice_ids"] == ["v1", "v2", "v3"]


def test_an_evicted_flag_and_a_dropped_output_are_no_longer_pending(catalog: Catalog, tool: Editor) -> None:
    on = tool.send(active=True, args_drafts=[arg("a", outputs=[{"name": "x"}])])
    tool.send(pending_ids=[*on["flag_ids"], *on["arg_ids"], *on["args_output_ids"], on["arg_position_ids"][0]])

    off = tool.send(active=False)
    dropped = tool.send(arg_ids=None)

    assert off["pending_ids"] == [*on["arg_ids"], *on["args_output_ids"], on["arg_position_ids"][0]]
    assert dropped["pending_ids"] == []


def test_a_single_resource_can_be_pending(persona: Editor) -> None:
    state = persona.send(name="Ann", color="#abc")

    pending = persona.send(pending_ids=[state["name_id"], state["color_id"]])
    renamed = persona.send(name="Bob")

    assert pending["pending_ids"] == [state["name_id"], state["color_id"]]
    assert renamed["pending_ids"] == [state["color_id"]]


# ------------------------------------------------------------------------------------------------ crashes, races


MAKING: list[tuple[FormContract, State, list[str]]] = [
    (PERSONA, {"color": "#123456"}, ["colors #123456"]),
    (PERSONA, {"active": True}, ["flags true"]),
    (TOOL, {"args": [arg("a"), arg("a")]}, ["args a", "args a"]),
    (
        TOOL,
        {"args_drafts": [arg("a", outputs=[{"name": "x"}]), arg("b")]},
        ["arg_positions 0", "arg_positions 1", "args a", "args b", "args_outputs x"],
    ),
    (TEST, {"model_flag_values": [FAST1]}, ["model_flags m1 fast"]),
    (TEST, {"model_flags": [{"model_id": "m1", "flag_id": "slow"}]}, ["model_flags m1 slow"]),
]
making = pytest.mark.parametrize(("contract", "patch", "rows"), MAKING, ids=[next(iter(one[1])) for one in MAKING])


def made_rows(client: DynamoDBClient, table: str) -> list[str]:
    """The private rows of a catalog table, by type and value."""
    items: Any = client.scan(TableName=table, ConsistentRead=True)["Items"]
    own = [item for item in items if "own" in item and item["sk"]["S"].startswith("ID#")]
    return sorted(f"{item['type']['S']} {item['val']['S']}" for item in own)


@making
def test_a_save_that_stopped_after_making_its_resources_is_repeated_without_a_second_one(
    client: DynamoDBClient,
    catalog_table: str,
    models: Catalog,
    forms: Forms,
    contract: FormContract,
    patch: State,
    rows: list[str],
) -> None:
    editor = Editor(forms, contract)

    interrupt(editor, **patch)
    stopped = made_rows(client, catalog_table)
    state = editor.send(patch)

    assert stopped == made_rows(client, catalog_table) == rows
    assert state == editor.read()
    assert editor.version == 1


@making
def test_the_same_value_has_the_same_id_in_every_draft_and_process(
    client: DynamoDBClient,
    catalog_table: str,
    models: Catalog,
    new_process: Callable[[], Forms],
    contract: FormContract,
    patch: State,
    rows: list[str],
) -> None:
    states = [Editor(new_process(), contract).send(patch) for _ in range(3)]

    assert states[0] == states[1] == states[2]
    assert made_rows(client, catalog_table) == rows


@making
def test_8_creators_of_one_value_make_one_resource(
    client: DynamoDBClient,
    catalog_table: str,
    models: Catalog,
    new_process: Callable[[], Forms],
    contract: FormContract,
    patch: State,
    rows: list[str],
) -> None:
    editors = [Editor(new_process(), contract) for _ in range(8)]
    start = threading.Barrier(len(editors))

    def send(editor: Editor) -> State:
        start.wait(30)
        return editor.send(patch)

    with ThreadPoolExecutor(len(editors)) as pool:
        states = list(pool.map(send, editors))

    assert [state for state in states if state != states[0]] == []
    assert made_rows(client, catalog_table) == rows


@making
def test_what_one_user_makes_no_colleague_can_select(
    models: Catalog, forms: Forms, contract: FormContract, patch: State, rows: list[str]
) -> None:
    state = Editor(forms, contract).send(patch)
    colleague = Editor(forms, contract, "bob")
    ids = {
        name: value
        for name, value in state.items()
        if (name.endswith("_ids") or name == "color_id") and value and name != "args_outputs_ids"
    }

    refused = colleague.refusals(ids)

    assert ids
    assert {pointer.split("/")[1] for pointer, _ in refused} == ids.keys()
    assert {code for _, code in refused} == {"unknown_resource"}


def test_a_patch_overtaken_by_a_rival_applies_to_the_rivals_state(
    forms: Forms, new_process: Callable[[], Forms]
) -> None:
    overtaken: Overtaken = log_like(forms.drafts.log, Overtaken)
    slow = Editor(over(forms, overtaken), PERSONA)
    slow.send(name="base")
    rival = Editor(new_process(), PERSONA, draft=slow.draft)

    overtaken.rival = lambda: rival.send(description="of the rival", examples=["a"])
    state = slow.send(name="of the slow one", color="#abc")

    assert (state["name"], state["description"], state["examples"]) == ("of the slow one", "of the rival", ["a"])
    assert slow.version == 3


def test_a_patch_with_a_version_that_a_rival_overtakes_is_a_conflict(
    forms: Forms, new_process: Callable[[], Forms]
) -> None:
    overtaken: Overtaken = log_like(forms.drafts.log, Overtaken)
    slow = Editor(over(forms, overtaken), PERSONA)
    slow.send(name="base")
    rival = Editor(new_process(), PERSONA, draft=slow.draft)

    overtaken.rival = lambda: rival.send(description="of the rival")
    with pytest.raises(VersionConflict):
        slow.save({"name": "of the slow one"}, seen(1))

    assert (slow.read()["name"], slow.read()["description"]) == ("base", "of the rival")


def test_a_rival_that_discards_the_draft_makes_the_patch_not_found(
    forms: Forms, new_process: Callable[[], Forms]
) -> None:
    overtaken: Overtaken = log_like(forms.drafts.log, Overtaken)
    slow = Editor(over(forms, overtaken), PERSONA)
    slow.send(name="base")
    draft = slow.draft
    assert draft

    overtaken.rival = lambda: new_process().drafts.discard(draft, AUTHOR, ANY_VERSION)
    with pytest.raises(NotFound):
        slow.send(name="late")


def test_parallel_patches_of_different_fields_all_survive(new_process: Callable[[], Forms]) -> None:
    first = Editor(new_process(), PERSONA)
    first.send(name="base")
    turns = 10

    def patch(field: str) -> list[State]:
        editor = Editor(new_process(), PERSONA, draft=first.draft)
        return [editor.send({field: f"{field} {turn}"}) for turn in range(turns)]

    fields = ("name", "description", "instructions")
    with ThreadPoolExecutor(len(fields)) as pool:
        answers = dict(zip(fields, pool.map(patch, fields), strict=True))

    assert {field: [one[field] for one in states] for field, states in answers.items()} == {
        field: [f"{field} {turn}" for turn in range(turns)] for field in fields
    }
    assert {field: first.read()[field] for field in fields} == {field: f"{field} {turns - 1}" for field in fields}
    assert first.draft
    assert first.forms.drafts.read(first.draft).head.version == 1 + turns * len(fields)


# ---------------------------------------------------------------------------------------------------------- lists


def test_drafts_are_listed_with_their_names_and_found_by_them(forms: Forms) -> None:
    made = []
    for name in ("Sales Helper", "Legal", None, "sales bot"):
        editor = Editor(forms, PERSONA)
        editor.send(name=name)
        made.append(editor)
    Editor(forms, PERSONA, "bob").send(name="Sales of Bob")
    Editor(forms, TOOL).send(name="Sales tool")
    scope = Scope("acme", "ann")

    listed = forms.list_drafts(PERSONA.kind, scope, 25, None, "")
    found = forms.list_drafts(PERSONA.kind, scope, 25, None, "SALES")

    assert {draft.id for draft, _ in listed.drafts} == {editor.draft.id for editor in made if editor.draft}
    assert {head.name for _, head in found.drafts} == {"Sales Helper", "sales bot"}


def test_pages_of_a_search_tile_the_matches(forms: Forms) -> None:
    for number in range(12):
        Editor(forms, PERSONA).send(name=f"{'match' if number % 3 else 'other'} {number}")
    scope = Scope("acme", "ann")

    found, after = [], None
    while True:
        listing = forms.list_drafts(PERSONA.kind, scope, 3, after, "match")
        found += [head.name for _, head in listing.drafts]
        assert len(listing.drafts) <= 3
        after = listing.next
        if after is None:
            break

    assert sorted(str(name) for name in found) == sorted(f"match {number}" for number in range(12) if number % 3)


def test_the_name_in_lists_is_cut_and_follows_undo(persona: Editor) -> None:
    persona.send(name="x" * 200)
    persona.send(name="Bob")
    assert persona.draft
    undone = persona.forms.drafts.undo(persona.draft, Author("ann"), ANY_VERSION)

    ((_, head),) = persona.forms.list_drafts(PERSONA.kind, persona.scope, 25, None, "").drafts

    assert head.name == undone.state.head.name == "x" * 120
