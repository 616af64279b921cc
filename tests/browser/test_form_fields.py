"""Each control of a form, worked as a person works it."""

from __future__ import annotations

import re
import uuid

from playwright.sync_api import expect

from tests.browser.console import Console, form_state, new_form
from tests.served import Api


def test_a_picker_is_searched_and_a_row_is_chosen_with_the_mouse(console: Console, api: Api) -> None:
    draft = new_form(api, "persona", name="Ada")
    console.visit(f"persona/{draft}")

    console.picker("Departments").fill("cust")
    console.option("Customer Support").click()
    console.see_saved(2)

    expect(console.page.get_by_role("listitem").filter(has_text="Customer Support")).to_be_visible()
    assert form_state(api, "persona", draft)["department_ids"] == ["customer-support"]


def test_a_picker_is_searched_and_a_row_is_chosen_with_the_keyboard(console: Console, api: Api) -> None:
    draft = new_form(api, "persona", name="Ada")
    console.visit(f"persona/{draft}")
    box = console.picker("Voices")

    box.focus()
    expect(console.option()).to_have_text(["Alloy", "Coral", "Sage", "Verse"])
    box.press("ArrowDown")
    expect(console.page.get_by_role("listbox").get_by_role("option", selected=True)).to_have_text("Coral")
    box.press("Enter")
    console.see_saved(2)
    expect(console.option()).to_have_count(0)
    box.press_sequentially("sa")
    expect(console.page.get_by_role("listbox").get_by_role("option", selected=True)).to_have_text("Sage")
    box.press("Enter")
    console.see_saved(3)

    assert form_state(api, "persona", draft)["voice_ids"] == ["voice-coral", "voice-sage"]


def test_escape_closes_a_picker_and_chooses_nothing(console: Console, api: Api) -> None:
    console.visit(f"persona/{new_form(api, 'persona', name='Ada')}")
    box = console.picker("Voices")

    box.press_sequentially("al")
    expect(console.option("Alloy")).to_be_visible()
    box.press("Escape")

    expect(console.option()).to_have_count(0)
    expect(box).to_have_value("")
    console.see_saved(1)


def test_what_the_catalog_lacks_is_created_from_the_picker(console: Console, api: Api) -> None:
    draft = new_form(api, "persona", name="Ada")
    department = f"Returns {uuid.uuid4()}"
    console.visit(f"persona/{draft}")

    console.picker("Departments").fill(department)
    console.option(f"Create “{department}”").click()
    console.see_saved(2)

    expect(console.page.get_by_role("listitem").filter(has_text=department)).to_be_visible()
    (created,) = form_state(api, "persona", draft)["department_ids"]
    assert api.call("GET", f"/catalog/departments/{created}").json["value"] == department


def test_a_chosen_row_is_kept_pending_and_activated(console: Console, api: Api) -> None:
    draft = new_form(api, "persona", name="Ada", department_ids=["sales"])
    console.visit(f"persona/{draft}")
    chip = console.page.get_by_role("listitem").filter(has_text="Sales")
    mark = chip.get_by_role("button", name=re.compile("^Pending"))

    mark.click()
    console.see_saved(2)
    expect(mark).to_have_attribute("aria-pressed", "true")
    assert form_state(api, "persona", draft)["pending_ids"] == ["sales"]
    mark.click()
    console.see_saved(3)

    assert form_state(api, "persona", draft)["pending_ids"] == []


def test_a_chosen_row_is_taken_away_with_its_mark(console: Console, api: Api) -> None:
    draft = new_form(api, "persona", name="Ada", department_ids=["sales", "legal"], pending_ids=["sales"])
    console.visit(f"persona/{draft}")

    chip = console.page.get_by_role("listitem").filter(has_text="Sales")
    chip.get_by_role("button", name=re.compile("^Remove")).click()
    console.see_saved(2)

    state = form_state(api, "persona", draft)
    assert (state["department_ids"], state["pending_ids"]) == (["legal"], [])


def test_one_of_a_list_is_chosen_replaced_and_cleared(console: Console, api: Api) -> None:
    draft = new_form(api, "test", name="Late parcel")
    console.visit(f"test/{draft}")

    console.picker("Temperature").fill("prec")
    console.option("Precise").click()
    console.see_saved(2)
    assert form_state(api, "test", draft)["temperature_level_id"] == "temperature-precise"
    console.picker("Temperature").fill("bal")
    console.option("Balanced").click()
    console.see_saved(3)
    assert form_state(api, "test", draft)["temperature_level_id"] == "temperature-balanced"
    console.button("Clear Temperature").click()
    console.see_saved(4)

    assert form_state(api, "test", draft)["temperature_level_id"] is None


def test_flags_are_switches(console: Console, api: Api) -> None:
    draft = new_form(api, "persona", name="Ada")
    console.visit(f"persona/{draft}")
    active = console.page.get_by_role("switch", name="Active")
    # A person sees a track and the word beside it; the box itself is not drawn.
    drawn = console.page.locator("label.switch").filter(has=active)

    drawn.locator(".switch-track").click()
    console.see_saved(2)
    expect(active).to_be_checked()
    assert form_state(api, "persona", draft)["active"] is True
    drawn.get_by_text("Active").click()
    console.see_saved(3)
    expect(active).not_to_be_checked()

    assert form_state(api, "persona", draft)["active"] is False


def test_a_flag_with_several_values_is_added_set_and_unset(console: Console, api: Api) -> None:
    draft = new_form(api, "persona", name="Ada")
    console.visit(f"persona/{draft}")

    console.field("Add a flag").select_option("reasoning_effort")
    effort = console.page.get_by_role("group", name="Reasoning effort")
    effort.get_by_role("button", name="high", exact=True).click()
    console.see_saved(2)
    expect(effort.get_by_role("button", name="high", exact=True)).to_have_attribute("aria-pressed", "true")
    assert "reasoning-effort-high" in form_state(api, "persona", draft)["flag_ids"]
    console.button("Unset Reasoning effort").click()
    console.see_saved(3)

    assert "reasoning-effort-high" not in form_state(api, "persona", draft)["flag_ids"]


def test_arguments_of_a_tool_are_added_named_ordered_and_removed(console: Console, api: Api) -> None:
    draft = new_form(api, "tool", name="track_parcel")
    console.visit(f"tool/{draft}")

    console.button("Add an argument").click()
    console.field("Name of argument 1").fill("order")
    console.field("Name of argument 1").press("Tab")
    console.field("Type of order").select_option("integer")
    console.page.get_by_label("Description").nth(1).fill("On the receipt")
    console.page.get_by_label("Default").fill("7")
    console.page.get_by_label("Required").check()
    console.button("Add an output").click()
    console.field("Template of output_1").fill("It is {{output_1}}.")
    console.button("Add an argument").click()
    console.button("Move argument_2 up").click()
    expect(console.field("Name of argument 1")).to_have_value("argument_2")
    expect(console.state).to_contain_text("Saved v")

    first, second = form_state(api, "tool", draft)["args_drafts"]
    assert first["name"] == "argument_2"
    assert (second["name"], second["field_type"], second["description"]) == ("order", "integer", "On the receipt")
    assert (second["required"], second["default_value"]) == (True, 7)
    assert [(one["name"], one["template"]) for one in second["outputs"]] == [("output_1", "It is {{output_1}}.")]
    console.button("Remove argument_2").click()
    expect(console.field("Name of argument 1")).to_have_value("order")
    expect(console.state).to_contain_text("Saved v")
    assert [one["name"] for one in form_state(api, "tool", draft)["args_drafts"]] == ["order"]


def test_examples_are_added_edited_and_removed(console: Console, api: Api) -> None:
    draft = new_form(api, "persona", name="Ada", examples=["Good morning"])
    console.visit(f"persona/{draft}")

    console.field("New example").fill("Good evening")
    console.button("Add the example").click()
    console.see_saved(2)
    console.field("Example 1").fill("Good day")
    console.see_saved(3)
    assert form_state(api, "persona", draft)["examples"] == ["Good day", "Good evening"]
    console.button("Remove example 1").click()
    console.see_saved(4)

    assert form_state(api, "persona", draft)["examples"] == ["Good evening"]


def test_a_refused_value_is_told_at_its_field_and_kept(console: Console, api: Api) -> None:
    draft = new_form(api, "persona", name="Ada")
    console.visit(f"persona/{draft}")

    console.field("Color").fill("no such color")
    console.field("Color").press("Enter")

    expect(console.state).to_have_text("Not saved")
    expect(console.field("Color")).to_have_attribute("aria-invalid", "true")
    expect(console.field("Color")).to_have_value("no such color")
    console.field("Name").focus()
    console.page.get_by_role("alert").get_by_role("button", name="Color").click()
    expect(console.field("Color")).to_be_focused()
    console.field("Color").fill("#3366cc")
    console.field("Color").press("Enter")
    console.see_saved(2)
    assert form_state(api, "persona", draft)["color"] == "#3366cc"


def test_what_is_typed_into_an_argument_stays_while_another_edit_is_saved(console: Console, api: Api) -> None:
    console.visit(f"tool/{new_form(api, 'tool', name='track_parcel')}")
    console.button("Add an argument").click()

    console.field("Name of argument 1").fill("order")
    console.see_saved(2)
    expect(console.page.locator(".entry")).to_have_count(2)

    expect(console.field("Name of argument 1")).to_have_value("order")
    console.field("Name of argument 1").press("Enter")
    console.see_saved(3)
