"""Contents up to the published 4 MiB, over HTTP and inside Lambda's limit on both ways."""

from __future__ import annotations

import json
import random

import pytest

from tests.served import Api

MIB = 1024 * 1024
LIMIT = 4 * MIB


def prose(size_bytes: int) -> bytes:
    choose = random.Random(1)
    words = ["".join(choose.choices("abcdefghijklmnoprstuvw", k=choose.randint(2, 9))) for _ in range(5000)]
    return _filled(" ".join(choose.choices(words, k=size_bytes // 5)), size_bytes)


def escapes_and_chinese(size_bytes: int) -> bytes:
    choose = random.Random(2)
    pieces = ['She said "no".\n', "漢字と仮名、", "\\path\\to\t", "plain words of a prompt, ", '{"key": ["value"]}\n']
    return _filled("".join(choose.choices(pieces, k=size_bytes // 12)), size_bytes)


def _filled(text: str, size_bytes: int) -> bytes:
    """A payload of exactly this many bytes."""
    frame = len(b'{"comment":""}')
    while len(json.dumps(text, ensure_ascii=False).encode()) - 2 + frame > size_bytes:
        text = text[: int(len(text) * 0.98)]
    body = json.dumps({"comment": text}, ensure_ascii=False, separators=(",", ":")).encode()
    return json.dumps(
        {"comment": text + "." * (size_bytes - len(body))}, ensure_ascii=False, separators=(",", ":")
    ).encode()


@pytest.mark.parametrize("make", [prose, escapes_and_chinese])
def test_4_mib_saves_reads_back_equal_and_undoes(api: Api, draft: str, make: object) -> None:
    assert callable(make)
    first, second = make(LIMIT), make(LIMIT - 1000)
    assert len(first) == LIMIT

    saved = api.call("PUT", draft, first)
    edited = api.call("PUT", draft, second, if_match="1")
    undone = api.call("POST", f"{draft}:undo", {}, if_match="2")
    read = api.call("GET", draft)

    assert [reply.status for reply in (saved, edited, undone, read)] == [200] * 4
    assert saved.json["headData"] == undone.json["headData"] == read.json["headData"] == json.loads(first)
    assert edited.json["headData"] == json.loads(second)


@pytest.mark.parametrize("make", [prose, escapes_and_chinese])
def test_a_conflict_over_4_mib_carries_the_current_content(api: Api, draft: str, make: object) -> None:
    assert callable(make)
    api.call("PUT", draft, make(LIMIT))

    reply = api.call("PUT", draft, {"comment": "small"}, if_match="7")

    assert (reply.status, reply.json["headData"]) == (409, json.loads(make(LIMIT)))


def test_a_merge_conflict_over_4_mib_and_at_many_long_places_is_carried(api: Api, draft: str) -> None:
    def edited(word: str) -> bytes:
        # Keys that take six times as much in JSON, values that fill what is shown of them, the rest full of quotes.
        steps = [{"id": f"s{number}", "\u0001" * 500: [word] * 1200} for number in range(100)]
        frame = json.dumps({"flow": {"steps": steps, "x": []}}, separators=(",", ":"))
        rest = ",".join(['"ab"'] * ((LIMIT - len(frame)) // 5))
        return frame.replace('"x":[', f'"x":[{rest}').encode()

    saved = [api.call("PUT", draft, edited(word), if_match=str(seen)) for seen, word in enumerate(["aa", "bb"])]
    reply = api.call("PUT", f"{draft}?merge=true", edited("cc"), if_match="1")

    assert [one.status for one in saved] == [200, 200]
    assert (reply.status, reply.code, reply.json["overlapsTotal"]) == (409, "merge_conflict", 100)
    assert reply.json["headData"] == json.loads(edited("bb"))


def test_one_byte_more_is_413_and_nothing_is_stored(api: Api, draft: str) -> None:
    reply = api.call("PUT", draft, prose(LIMIT + 1))

    assert (reply.status, reply.code) == (413, "content_too_large")
    assert api.call("GET", draft).status == 204


def test_numbers_that_grow_over_the_limit_when_written_out_are_413(api: Api, draft: str) -> None:
    numbers = b",".join([b"1e99"] * 200_000)

    reply = api.call("PUT", draft, b'{"flow":{"x":[' + numbers + b"]}}")

    assert (reply.status, reply.code) == (413, "content_too_large")


def test_a_body_that_the_gateway_cannot_carry_is_its_own_413(api: Api, draft: str) -> None:
    quotes = json.dumps({"comment": '"' * (2 * MIB)}).encode()

    plain = api.call("PUT", draft, quotes)
    as_bytes = api.call("PUT", draft, quotes, content_type="application/vnd.agent-draft+json")

    assert (plain.status, plain.json) == (413, {"message": "Request Entity Too Large"})
    assert as_bytes.status == 413
    assert as_bytes.code == "content_too_large"


def test_an_answer_full_of_escapes_is_carried_within_lambdas_limit(api: Api, draft: str) -> None:
    quotes = {"comment": '"' * (2 * MIB - 100)}
    body = json.dumps(quotes).encode()
    assert LIMIT - 200 < len(body) <= LIMIT

    saved = api.call("PUT", draft, body, content_type="application/vnd.agent-draft+json")
    read = api.call("GET", draft)

    assert (saved.status, read.status) == (200, 200)
    assert saved.json["headData"] == read.json["headData"] == quotes
