"""Operation keys and decisions under parallel clients, over separate processes on one DynamoDB Local.

docs/api.md, "Operation keys": one request with one key is done once, however often and at whatever moment it is sent; a
proposal is decided once; what is accepted and what is saved beside it are both kept.
"""

from __future__ import annotations

import http.client
import json
import threading
import time
import uuid
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest

from draftkeep.model import Draft, Entry, Kind, Operation
from local.identity import DEV_USER
from local.template import TABLE_PREFIX
from tests.evidence import keep_row
from tests.served import Reply, served
from tests.suites.builders import a_long_content
from tests.tables import new_drafts, new_log

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

PROCESSES = 4
SENT = 20
TRIES = 10
ACKS = 16
ROUNDS = 100
FEWER_ROUNDS = 20
LARGE_ROUNDS = 10
LARGE_BYTES = 200_000

FORMS = ("persona", "tool", "eval", "test")


@dataclass(frozen=True)
class Call:
    """A request, ready to be sent any number of times."""

    method: str
    path: str
    body: bytes | None = None
    headers: Mapping[str, str] = field(default_factory=dict)


def a_call(method: str, path: str, body: Any = None, /, **headers: str | None) -> Call:
    """A request with a JSON body; a header is written `if_match`, and left out when it is None."""
    sent = {name.replace("_", "-"): value for name, value in headers.items() if value is not None}
    if body is None:
        return Call(method, path, None, sent)
    return Call(method, path, json.dumps(body).encode(), {"content-type": "application/json", **sent})


@dataclass
class Line:
    """A client's connection to one process, kept open."""

    connection: http.client.HTTPConnection
    sent_again: int = 0

    def send(self, call: Call) -> Reply:
        """Send a request; one that the service could not do now is sent again, as its answer asks for, and counted."""
        for _ in range(TRIES):
            self.connection.request(call.method, call.path, call.body, dict(call.headers))
            response = self.connection.getresponse()
            reply = Reply(
                response.status, {name.lower(): value for name, value in response.getheaders()}, response.read()
            )
            if reply.status != 503:
                return reply
            self.sent_again += 1
            time.sleep(float(reply.headers["retry-after"]))
        return reply


@dataclass(frozen=True)
class Clients:
    """Clients of one deployment, spread over its processes, each with a thread of its own."""

    lines: Sequence[Line]
    threads: ThreadPoolExecutor

    @property
    def sent_again(self) -> int:
        return sum(line.sent_again for line in self.lines)

    def send(self, call: Call) -> Reply:
        return self.lines[0].send(call)

    def ok(self, call: Call) -> Any:
        reply = self.send(call)
        assert reply.status == 200, reply.body[:500]
        return reply.json

    def at_once(self, calls: Sequence[Call], *, turn: int = 0, lead_s: float = 0.0) -> list[Reply]:
        """Send requests at the same moment, neighbours to different processes.

        turn: shifts who sends what; lead_s: how much earlier the first half starts, a negative one later
        """
        start = threading.Barrier(len(calls))

        def one(number: int) -> Reply:
            waits = -lead_s if number < len(calls) // 2 else lead_s
            start.wait(30)
            if waits > 0:
                time.sleep(waits)
            return self.lines[(turn + number) % len(self.lines)].send(calls[number])

        return list(self.threads.map(one, range(len(calls))))


@pytest.fixture(scope="module")
def clients(engine_url: str) -> Iterator[Clients]:
    """Containers of one deployment are processes that share nothing but the tables."""
    with ExitStack() as stack:
        with ThreadPoolExecutor(PROCESSES) as pool:
            started = [served(AWS_ENDPOINT_URL_DYNAMODB=engine_url) for _ in range(PROCESSES)]
            ports = [api.port for api in pool.map(stack.enter_context, started)]
        threads = stack.enter_context(ThreadPoolExecutor(SENT))
        lines = []
        for number in range(SENT):
            connection = http.client.HTTPConnection("127.0.0.1", ports[number % PROCESSES], timeout=60)
            stack.callback(connection.close)
            lines.append(Line(connection))
        yield Clients(lines, threads)


# ------------------------------------------------------------------------------------- what a draft is to its clients

Texts = tuple[str, str]


@dataclass(frozen=True)
class Agent:
    """An agent draft with two members that do not overlap."""

    id: str = field(default_factory=lambda: f"agent-{uuid.uuid4().hex}")

    @property
    def identity(self) -> Draft:
        return Draft(Kind.AGENT, "acme", DEV_USER, f"{self.id}/3", self.id)

    @property
    def path(self) -> str:
        return f"/v1/tenants/acme/agents/{self.id}/revisions/3/draft"

    def save(self, key: str | None, version: int, _now: Texts | None, then: Texts) -> Call:
        return self.put(key, version, self.content(then))

    def put(self, key: str | None, version: int, content: Any) -> Call:
        return a_call("PUT", self.path, content, idempotency_key=key, if_match=str(version))

    def propose(self, key: str, version: int, _now: Texts, then: Texts) -> Call:
        return self.put_softly(key, version, self.content(then))

    def put_softly(self, key: str, version: int, content: Any) -> Call:
        return a_call("PUT", f"{self.path}?soft=true", content, idempotency_key=key, if_match=str(version))

    def ack(self, key: str, *, accept: bool) -> Call:
        return a_call("POST", f"{self.path}:ack", {"idempotencyKey": key, "accept": accept})

    def undo(self, key: str, version: int | None) -> Call:
        if_match = None if version is None else str(version)
        return a_call("POST", f"{self.path}:undo", {"idempotencyKey": key}, if_match=if_match)

    def discard(self, key: str) -> Call:
        return a_call("DELETE", self.path, idempotency_key=key)

    def read(self) -> Call:
        return a_call("GET", self.path)

    def pending(self) -> Call:
        return a_call("GET", f"{self.path}/proposals")

    def content(self, texts: Texts) -> dict[str, Any]:
        return {"comment": texts[0], "assets": [{"id": texts[1]}]}

    def shown(self, answer: Any) -> Texts:
        content = answer["headData"]
        return content["comment"], content["assets"][0]["id"]


@dataclass(frozen=True)
class Persona:
    """A persona draft with two fields that do not overlap."""

    id: str

    @property
    def identity(self) -> Draft:
        return Draft(Kind.PERSONA, "local", DEV_USER, self.id)

    @property
    def path(self) -> str:
        return f"/persona/draft/{self.id}"

    def save(self, key: str | None, _version: int, now: Texts, then: Texts) -> Call:
        return self._post(self._patch(now, then) | {"idempotency_key": key})

    def propose(self, key: str, _version: int, now: Texts, then: Texts) -> Call:
        return self._post(self._patch(now, then) | {"idempotency_key": key, "soft": True})

    def ack(self, key: str, *, accept: bool) -> Call:
        return self._post({"idempotency_key": key, "accept": accept})

    def undo(self, key: str, version: int | None) -> Call:
        if_match = None if version is None else str(version)
        return a_call("POST", f"{self.path}/undo", {"idempotency_key": key}, if_match=if_match)

    def discard(self, key: str) -> Call:
        return a_call("DELETE", self.path, idempotency_key=key)

    def read(self) -> Call:
        return a_call("GET", self.path)

    def pending(self) -> Call:
        return a_call("GET", f"{self.path}/proposals")

    def shown(self, answer: Any) -> Texts:
        state = answer["form_state"]
        return state["name"], state["description"]

    def _post(self, body: dict[str, Any]) -> Call:
        return a_call("POST", "/persona/draft", {"draft_id": self.id} | body)

    def _patch(self, now: Texts, then: Texts) -> dict[str, Any]:
        fields = zip(("name", "description"), now, then, strict=True)
        return {name: new for name, old, new in fields if new != old}


Subject = Agent | Persona
START: Texts = ("first", "second")


def begun(clients: Clients, kind: str) -> Subject:
    """A new draft at version 1, with the texts START."""
    if kind == "agent":
        agent = Agent()
        clients.ok(a_call("PUT", agent.path, agent.content(START)))
        return agent
    made = clients.ok(a_call("POST", "/persona/draft", {"name": START[0], "description": START[1]}))
    return Persona(made["draft_id"])


def log_of(client: DynamoDBClient, draft: Draft) -> list[Entry]:
    """All entries of a draft as they are stored, oldest first."""
    return list(new_log(client, f"{TABLE_PREFIX}DraftsTable").read(draft, limit=1000).entries)[::-1]


def stored_content(client: DynamoDBClient, draft: Draft) -> Any:
    """The current content as a fresh container reads it, which remembers no keyframe."""
    return json.loads(new_drafts(client, f"{TABLE_PREFIX}DraftsTable").read(draft).content)


def a_large(turn: int) -> dict[str, Any]:
    """A content that is stored outside its entry every other turn, and as a difference to that in between."""
    content: dict[str, Any] = json.loads(a_long_content(LARGE_BYTES, seed=turn // 2).text)
    return content | {"assets": [{"id": f"turn {turn}"}]}


def fresh_key() -> str:
    return f"key {uuid.uuid4()}"


def replayed(reply: Reply) -> bool:
    return reply.headers.get("idempotency-replayed") == "true"


def the_one_answer(replies: Sequence[Reply]) -> Reply:
    """All answers are the same, and all but one are replays of that one."""
    assert {reply.status for reply in replies} == {200}, [reply.body[:500] for reply in replies if reply.status != 200]
    assert len({reply.body for reply in replies}) == 1
    assert len({reply.headers["etag"] for reply in replies}) == 1
    assert sum(map(replayed, replies)) == len(replies) - 1
    return replies[0]


def keep_duplicates(kind: str, rounds: int, sent_again: int) -> None:
    print(f"\n{kind}: {rounds} rounds, {sent_again} requests answered 503 and sent again")
    rows, result = ("agent", *FORMS), "one entry a round, and one answer, 19 times marked as replayed"
    keep_row("duplicates", kind, {"requests": rounds * SENT}, rows=rows, unit="requests, 20 at once", result=result)


KINDS = pytest.mark.parametrize("kind", ["agent", "persona"])


# ------------------------------------------------------------------------------------------- one save, sent many times


def patch_of(kind: str, turn: int, mark: str) -> dict[str, Any]:
    """The fields of one save, which change with each turn; those of some kinds make catalog rows."""
    more: dict[str, dict[str, Any]] = {
        "persona": {"color": f"#{turn:06x}"},
        "tool": {"args": [{"name": f"{mark} {turn}"}]},
        "eval": {"active": turn % 2 == 0},
        "test": {"description": f"turn {turn}"},
    }
    return {"name": f"{mark} {turn}"} | more[kind]


def test_one_agent_save_sent_20_times_at_once_is_one_entry(clients: Clients, client: DynamoDBClient) -> None:
    agent, keys, again = Agent(), [fresh_key() for _ in range(ROUNDS + 1)], clients.sent_again

    for turn, key in enumerate(keys):
        call = agent.save(key, turn, None, (f"turn {turn}", "same"))
        one = the_one_answer(clients.at_once([call] * SENT, turn=turn)).json

        assert (one["version"], one["headData"]["comment"]) == (turn + 1, f"turn {turn}")
        head = clients.ok(agent.read())
        assert [entry["seqNo"] for entry in head["history"]] == list(range(turn + 1, max(0, turn - 19), -1))
        assert head["headData"] == one["headData"]

    assert [(entry.version, entry.key) for entry in log_of(client, agent.identity)] == list(enumerate(keys, 1))
    assert len(clients.ok(a_call("GET", f"/v1/tenants/acme/agents/{agent.id}/drafts"))) == 1
    keep_duplicates("agent", len(keys), clients.sent_again - again)


@pytest.mark.parametrize("kind", FORMS)
def test_one_form_save_sent_20_times_at_once_is_one_entry(clients: Clients, client: DynamoDBClient, kind: str) -> None:
    mark, keys, again = uuid.uuid4().hex, [fresh_key() for _ in range(ROUNDS + 1)], clients.sent_again
    draft_id: dict[str, str] = {}

    for turn, key in enumerate(keys):
        call = a_call("POST", f"/{kind}/draft", draft_id | patch_of(kind, turn, mark) | {"idempotency_key": key})
        one = the_one_answer(clients.at_once([call] * SENT, turn=turn)).json

        assert (one["version"], one["form_state"]["name"]) == (turn + 1, f"{mark} {turn}")
        draft_id = draft_id or {"draft_id": one["draft_id"]}
        head = clients.ok(a_call("GET", f"/{kind}/draft/{one['draft_id']}"))
        assert [entry["seq_no"] for entry in head["history"]] == list(range(turn + 1, max(0, turn - 19), -1))
        assert head["form_state"] == one["form_state"]

    identity = Draft(Kind(kind), "local", DEV_USER, draft_id["draft_id"])
    assert [(entry.version, entry.key) for entry in log_of(client, identity)] == list(enumerate(keys, 1))
    assert len(clients.ok(a_call("GET", f"/{kind}/drafts?search={mark}"))) == 1
    keep_duplicates(kind, len(keys), clients.sent_again - again)


@pytest.mark.parametrize("kind", FORMS)
def test_one_creation_sent_20_times_at_once_is_one_draft(clients: Clients, kind: str) -> None:
    for turn in range(FEWER_ROUNDS):
        mark = uuid.uuid4().hex
        call = a_call("POST", f"/{kind}/draft", patch_of(kind, turn, mark) | {"idempotency_key": fresh_key()})

        one = the_one_answer(clients.at_once([call] * SENT, turn=turn)).json

        assert one["version"] == 1
        listed = clients.ok(a_call("GET", f"/{kind}/drafts?search={mark}"))
        assert [draft["id"] for draft in listed] == [one["draft_id"]]


def test_one_large_save_sent_20_times_at_once_can_be_read(clients: Clients, client: DynamoDBClient) -> None:
    agent = Agent()

    for turn in range(LARGE_ROUNDS):
        content = a_large(turn)
        one = the_one_answer(clients.at_once([agent.put(fresh_key(), turn, content)] * SENT, turn=turn)).json

        assert (one["version"], one["headData"]) == (turn + 1, content)
        assert stored_content(client, agent.identity) == content


@KINDS
def test_one_undo_sent_20_times_at_once_goes_back_once(clients: Clients, client: DynamoDBClient, kind: str) -> None:
    subject = begun(clients, kind)
    now = START
    for turn in range(FEWER_ROUNDS):
        then = (f"turn {turn}", "second")
        clients.ok(subject.save(None, turn + 1, now, then))
        now = then

    for turn in range(FEWER_ROUNDS):
        call = subject.undo(fresh_key(), FEWER_ROUNDS + 1 + turn if turn % 2 else None)
        one = the_one_answer(clients.at_once([call] * SENT, turn=turn)).json

        left = FEWER_ROUNDS - 1 - turn
        cursor = one["historyCursor" if kind == "agent" else "history_cursor"]
        assert (one["version"], cursor) == (FEWER_ROUNDS + 2 + turn, left + 1)
        assert subject.shown(one) == ((f"turn {left - 1}", "second") if left else START)

    operations = Counter(entry.operation for entry in log_of(client, subject.identity))
    assert operations == {Operation.SAVE: FEWER_ROUNDS + 1, Operation.UNDO: FEWER_ROUNDS}


@KINDS
def test_one_discard_sent_20_times_at_once_spares_the_draft_that_is_begun_meanwhile(
    clients: Clients, client: DynamoDBClient, kind: str
) -> None:
    for turn in range(FEWER_ROUNDS):
        subject = begun(clients, kind)
        discard = subject.discard(fresh_key())
        calls = [discard] * SENT
        if isinstance(subject, Agent):
            calls[turn] = subject.put(None, 0, {"comment": "begun anew"})

        replies = clients.at_once(calls, turn=turn)

        discards = [reply for reply, call in zip(replies, calls, strict=True) if call is discard]
        assert {(reply.status, reply.body) for reply in discards} == {(204, b"")}
        assert sum(map(replayed, discards)) == len(discards) - 1
        assert clients.send(discard).status == 204
        # The draft begun anew came before the discard and was refused, or after it and stays.
        begins = [reply for reply, call in zip(replies, calls, strict=True) if call is not discard]
        for begin in begins:
            assert begin.status in (200, 409)
        living = [reply.json["version"] for reply in begins if reply.status == 200]
        assert [entry.version for entry in log_of(client, subject.identity)] == living
        assert living in ([], [3])


# --------------------------------------------------------------------------------------- one proposal, decided by many


@KINDS
def test_of_an_accept_and_a_reject_at_once_exactly_one_decides(
    clients: Clients, client: DynamoDBClient, kind: str
) -> None:
    subject = begun(clients, kind)
    version, now, accepted = 1, START, []

    for turn in range(ROUNDS):
        key, then = fresh_key(), (now[0], f"proposed {turn}")
        clients.ok(subject.propose(key, version, now, then))
        # Neither side comes first by habit.
        lead_s = (turn % 5 - 2) / 1000
        acks = [subject.ack(key, accept=True), subject.ack(key, accept=False)]
        replies = clients.at_once(acks, turn=turn, lead_s=lead_s)

        assert sorted(reply.status for reply in replies) == [200, 409], [reply.body[:500] for reply in replies]
        won = replies[0].status == 200
        winner, loser = replies if won else reversed(replies)
        assert (loser.code, replayed(winner)) == ("already_decided", False)
        if won:
            version, now = version + 1, then
            accepted.append(key)
        assert (winner.json["version"], subject.shown(winner.json)) == (version, now)
        once_more = [clients.send(ack) for ack in acks]
        assert [reply.status for reply in once_more] == [reply.status for reply in replies]
        assert once_more[0 if won else 1].body == winner.body
        assert clients.ok(subject.pending()) == []

    entries = log_of(client, subject.identity)
    assert [entry.version for entry in entries] == list(range(1, version + 1))
    assert [(entry.operation, entry.key) for entry in entries[1:]] == [(Operation.ACCEPT, key) for key in accepted]
    assert subject.shown(clients.ok(subject.read())) == now
    assert 0 < len(accepted) < ROUNDS
    cells = {"accepted": len(accepted), "rejected": ROUNDS - len(accepted)}
    keep_row("verdicts", kind, cells, rows=("agent", "persona"), unit="proposals", result="exactly one verdict each")


@KINDS
def test_two_accepts_of_disjoint_proposals_at_once_are_both_in(
    clients: Clients, client: DynamoDBClient, kind: str
) -> None:
    subject = begun(clients, kind)
    now = START

    for turn in range(ROUNDS):
        version, then = 1 + 2 * turn, (f"one {turn}", f"other {turn}")
        keys = [fresh_key(), fresh_key()]
        clients.ok(subject.propose(keys[0], version, now, (then[0], now[1])))
        clients.ok(subject.propose(keys[1], version, now, (now[0], then[1])))

        replies = clients.at_once([subject.ack(key, accept=True) for key in keys], turn=turn)

        assert [reply.status for reply in replies] == [200, 200], [reply.body[:500] for reply in replies]
        assert sorted(reply.json["version"] for reply in replies) == [version + 1, version + 2]
        now = then
        head = clients.ok(subject.read())
        assert (head["version"], subject.shown(head)) == (version + 2, now)
        last = max(replies, key=lambda reply: int(reply.json["version"]))
        assert subject.shown(last.json) == now

    entries = log_of(client, subject.identity)
    assert [entry.operation for entry in entries[1:]] == [Operation.ACCEPT] * (2 * ROUNDS)
    assert len({entry.key for entry in entries}) == 2 * ROUNDS + 1


def test_an_accept_and_a_save_of_another_field_at_once_are_both_in(clients: Clients, client: DynamoDBClient) -> None:
    subject, accepted_first = begun(clients, "persona"), 0
    now = START

    for turn in range(ROUNDS):
        version, then, key = 1 + 2 * turn, (f"saved {turn}", f"proposed {turn}"), fresh_key()
        clients.ok(subject.propose(key, version, now, (now[0], then[1])))

        calls = [subject.ack(key, accept=True), subject.save(fresh_key(), version, now, (then[0], now[1]))]
        replies = clients.at_once(calls, turn=turn, lead_s=(turn % 3 - 1) / 1000)

        assert [reply.status for reply in replies] == [200, 200], [reply.body[:500] for reply in replies]
        versions = [reply.json["version"] for reply in replies]
        assert sorted(versions) == [version + 1, version + 2]
        accepted_first += versions[0] < versions[1]
        # Each answer shows its own change, the later one both.
        assert subject.shown(replies[0].json)[1] == then[1]
        assert subject.shown(replies[1].json)[0] == then[0]
        assert subject.shown(replies[versions.index(version + 2)].json) == then
        # Sent again, each is answered as it was, though the draft has moved on.
        once_more = [clients.send(call) for call in calls]
        assert [(reply.body, replayed(reply)) for reply in once_more] == [(reply.body, True) for reply in replies]
        now = then
        assert subject.shown(clients.ok(subject.read())) == now

    operations = Counter(entry.operation for entry in log_of(client, subject.identity))
    assert operations == {Operation.SAVE: ROUNDS + 1, Operation.ACCEPT: ROUNDS}
    print(f"\nthe accept came first in {accepted_first} of {ROUNDS} rounds")


def test_a_whole_save_beside_an_accept_is_refused_or_kept_and_the_accepted_change_stays(
    clients: Clients, client: DynamoDBClient
) -> None:
    agent, refused = begun(clients, "agent"), 0
    now, version = START, 1

    for turn in range(ROUNDS):
        then, key = (f"saved {turn}", f"proposed {turn}"), fresh_key()
        clients.ok(agent.propose(key, version, now, (now[0], then[1])))

        calls = [agent.ack(key, accept=True), agent.save(fresh_key(), version, now, (then[0], now[1]))]
        accept, save = clients.at_once(calls, turn=turn, lead_s=(turn % 3 - 1) / 1000)

        assert accept.status == 200, accept.body[:500]
        if save.status == 409:
            refused += 1
            assert (save.code, save.json["currentVersion"]) == ("version_conflict", version + 1)
            assert agent.shown(save.json) == agent.shown(accept.json) == (now[0], then[1])
            clients.ok(agent.save(None, version + 1, now, then))
        else:
            assert (save.status, save.json["version"], accept.json["version"]) == (200, version + 1, version + 2)
            assert agent.shown(accept.json) == then
        now, version = then, version + 2
        assert agent.shown(clients.ok(agent.read())) == now

    assert [entry.version for entry in log_of(client, agent.identity)] == list(range(1, version + 1))
    print(f"\nthe accept came first in {refused} of {ROUNDS} rounds")


def test_an_accept_and_a_save_that_both_begin_a_proposed_draft_are_both_in(
    clients: Clients, client: DynamoDBClient
) -> None:
    for turn in range(FEWER_ROUNDS):
        mark, key = uuid.uuid4().hex, fresh_key()
        soft = {"name": mark, "soft": True, "idempotency_key": key}
        subject = Persona(clients.ok(a_call("POST", "/persona/draft", soft))["draft_id"])
        nothing: Texts = ("", "")

        calls = [subject.ack(key, accept=True), subject.save(fresh_key(), 0, nothing, ("", "saved"))]
        replies = clients.at_once(calls, turn=turn, lead_s=(turn % 3 - 1) / 1000)

        assert [reply.status for reply in replies] == [200, 200], [reply.body[:500] for reply in replies]
        assert sorted(reply.json["version"] for reply in replies) == [1, 2]
        assert subject.shown(clients.ok(subject.read())) == (mark, "saved")
        assert [entry.version for entry in log_of(client, subject.identity)] == [1, 2]
        listed = clients.ok(a_call("GET", f"/persona/drafts?search={mark}"))
        assert [(draft["id"], draft["version"]) for draft in listed] == [(subject.id, 2)]


@KINDS
def test_an_accept_beside_a_discard_comes_first_or_finds_the_draft_discarded(clients: Clients, kind: str) -> None:
    came_first = 0

    for turn in range(ROUNDS // 2):
        subject, key = begun(clients, kind), fresh_key()
        clients.ok(subject.propose(key, 1, START, (START[0], "proposed")))

        calls = [subject.ack(key, accept=True), subject.discard(fresh_key())]
        accept, discard = clients.at_once(calls, turn=turn, lead_s=(turn % 5 - 2) / 1000)

        assert discard.status == 204, discard.body[:500]
        if accept.status == 200:
            came_first += 1
            assert (accept.json["version"], subject.shown(accept.json)) == (2, (START[0], "proposed"))
        else:
            assert (accept.status, accept.code) == (409, "draft_discarded")
        assert clients.send(subject.read()).status == (204 if kind == "agent" else 404)
        pending = clients.send(subject.pending())
        assert (pending.status, pending.json) == (200, []) if kind == "agent" else pending.status == 404

    print(f"\n{kind}: the accept came first in {came_first} of {ROUNDS // 2} rounds")


@KINDS
@pytest.mark.parametrize("accept", [True, False])
def test_one_ack_sent_16_times_at_once_decides_once(
    clients: Clients, client: DynamoDBClient, kind: str, accept: bool
) -> None:
    subject = begun(clients, kind)
    version, now, keys = 1, START, [fresh_key() for _ in range(FEWER_ROUNDS)]

    for turn, key in enumerate(keys):
        then = (f"proposed {turn}", now[1])
        clients.ok(subject.propose(key, version, now, then))

        one = the_one_answer(clients.at_once([subject.ack(key, accept=accept)] * ACKS, turn=turn)).json

        if accept:
            version, now = version + 1, then
        assert (one["version"], subject.shown(one)) == (version, now)
        assert clients.ok(subject.pending()) == []

    entries = log_of(client, subject.identity)[1:]
    assert [(entry.operation, entry.key) for entry in entries] == [(Operation.ACCEPT, key) for key in keys if accept]


@KINDS
def test_one_proposal_sent_20_times_at_once_waits_once(clients: Clients, kind: str) -> None:
    subject = begun(clients, kind)

    for turn in range(FEWER_ROUNDS):
        key, then = fresh_key(), (START[0], f"proposed {turn}")
        one = the_one_answer(clients.at_once([subject.propose(key, 1, START, then)] * SENT, turn=turn)).json

        assert (one["version"], subject.shown(one)) == (1, then)
        name = "idempotencyKey" if kind == "agent" else "idempotency_key"
        assert [waiting[name] for waiting in clients.ok(subject.pending())] == [key]
        clients.ok(subject.ack(key, accept=False))


def test_one_large_proposal_sent_20_times_at_once_can_be_accepted(clients: Clients, client: DynamoDBClient) -> None:
    agent = Agent()
    clients.ok(agent.put(None, 0, {}))

    for turn in range(LARGE_ROUNDS):
        key, content = fresh_key(), a_large(turn)
        propose = agent.put_softly(key, turn + 1, content)
        proposed = the_one_answer(clients.at_once([propose] * SENT, turn=turn))
        assert proposed.json["headData"] == content

        acks = clients.at_once([agent.ack(key, accept=True)] * ACKS, turn=turn)

        one = the_one_answer(acks).json
        assert (one["version"], one["headData"]) == (turn + 2, content)
        assert stored_content(client, agent.identity) == content
        assert clients.send(propose).body == proposed.body
