"""2, 16 and 64 writers at one draft, over separate processes on one DynamoDB Local; the checker judges all they saw.

docs/reliability.md: of racers with one version exactly one wins each round, 200 rounds. Each test counts the winners of
each round as its client would, then hands all recorded calls to tests.checker, which knows no table.
"""

from __future__ import annotations

import threading
import uuid
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from itertools import cycle

import pytest

from tests.checker import UNAVAILABLE, Action, Call, check, versions_made
from tests.evidence import budget, keep
from tests.load.clients import Client
from tests.load.drafts import Agent, FormDraft, Request, Subject, creation
from tests.served import Reply, served

PROCESSES = 4
WATCHERS = 2
WRITERS = (2, 16, 64)
ROUNDS = budget({2: 40, 16: 20, 64: 8}, {2: 200, 16: 200, 64: 200})


@dataclass
class Race:
    """Writers of one deployment, each with a connection to one of its processes, and what they recorded."""

    ports: Sequence[int]
    calls: list[Call] = field(default_factory=list)
    writers: list[Client] = field(default_factory=list)
    rounds: int = 0
    raced: int = 0

    @property
    def one(self) -> Client:
        return self.writers[0]

    def begin(self, writers: int) -> range:
        """Bring this many writers to the start; the rounds that they have to race."""
        self.end()
        ports = cycle(self.ports)
        self.writers = [Client(f"{number} of {writers}", next(ports), self.calls) for number in range(writers)]
        self.rounds += ROUNDS[writers]
        return range(ROUNDS[writers])

    def end(self) -> None:
        for writer in self.writers:
            writer.close()

    def run(self, subject: Subject, requests: Sequence[Request], turn: int) -> list[Reply]:
        """Send one request from each writer at one moment; `turn` shifts who sends what."""
        start = threading.Barrier(len(requests))
        self.raced += len(requests)

        def send(number: int) -> Reply:
            start.wait(30)
            return self.writers[(number + turn) % len(self.writers)].ask(subject, requests[number])

        with ThreadPoolExecutor(len(requests)) as threads:
            return list(threads.map(send, range(len(requests))))

    @contextmanager
    def watched(self, *subjects: Subject) -> Iterator[None]:
        """Have readers at other processes look at the drafts all the while."""
        over = threading.Event()
        watchers = [Client(f"watcher {number}", self.ports[-number], self.calls) for number in range(1, WATCHERS + 1)]
        with ThreadPoolExecutor(WATCHERS) as threads:
            watching = [threads.submit(watch, watcher, subjects, over) for watcher in watchers]
            try:
                yield
            finally:
                over.set()
        for watched in watching:
            watched.result()

    def prove(self, proof: str, unit: str, subjects: Sequence[Subject], result: str) -> None:
        """Read every draft to its end, and have all that was recorded judged."""
        for subject in subjects:
            self.one.read_history(subject)

        assert [str(finding) for finding in check(self.calls)[:20]] == []

        unavailable = sum(call.status == UNAVAILABLE for call in self.calls)
        told = (
            f"{result}; {len(self.calls):,} calls, {versions_made(self.calls):,} versions, {unavailable} answered 503"
        )
        keep(proof, count=self.raced, unit=f"{unit} in {self.rounds} rounds of {_and(WRITERS)} writers", result=told)


def watch(watcher: Client, subjects: Sequence[Subject], over: threading.Event) -> None:
    for subject in cycle(subjects):
        assert watcher.ask(subject, subject.read()).status in (200, 204)
        if over.wait(0.01):
            break
    watcher.close()


@pytest.fixture(scope="module")
def ports(engine_url: str) -> Iterator[list[int]]:
    """Containers of one deployment: processes that share nothing but the tables."""
    with ExitStack() as stack:
        with ThreadPoolExecutor(PROCESSES) as pool:
            started = [served(AWS_ENDPOINT_URL_DYNAMODB=engine_url) for _ in range(PROCESSES)]
            found = [api.port for api in pool.map(stack.enter_context, started)]
        yield found


@pytest.fixture
def race(ports: list[int]) -> Iterator[Race]:
    begun = Race(ports)
    yield begun
    begun.end()


def fresh() -> str:
    return uuid.uuid4().hex


def begun_agent(race: Race, comment: str = "first") -> Agent:
    """An agent draft at version 1."""
    agent = Agent()
    race.one.ok(agent, agent.create({"comment": comment}))
    return agent


def begun_persona(race: Race) -> FormDraft:
    """A persona draft at version 1, whose creation is recorded under its id."""
    request = creation("persona", {"name": "first"}, fresh())
    draft = FormDraft("persona", race.one.exchange(request).json["draft_id"])
    # Sent again under the id that is known now: a repetition, with the first answer.
    race.one.ok(draft, request.of(draft.id))
    return draft


def texts_of(agent: Agent, count: int) -> list[dict[str, str]]:
    return [{"comment": f"{agent.id} {fresh()}"} for _ in range(count)]


def statuses(replies: Sequence[Reply]) -> Counter[int]:
    return Counter(reply.status for reply in replies)


def the_winner(replies: Sequence[Reply], code: str) -> Reply:
    """One reply is 200; all others are a 409 with the winner's version and content."""
    (winner,) = [reply for reply in replies if reply.status == 200]
    for reply in replies:
        if reply is not winner:
            assert (reply.status, reply.code) == (409, code), reply.body[:500]
            assert reply.json["currentVersion"] == winner.json["version"]
            assert reply.json["headData"] == winner.json["headData"]
    return winner


def the_one_answer(replies: Sequence[Reply]) -> Reply:
    """All replies are one 200; that all but one are told to be repetitions is the checker's."""
    assert statuses(replies) == {200: len(replies)}, [reply.body[:500] for reply in replies if reply.status != 200]
    assert len({(reply.body, reply.headers["etag"]) for reply in replies}) == 1
    return replies[0]


def test_of_savers_with_one_version_exactly_one_wins(race: Race) -> None:
    agents = []
    for writers in WRITERS:
        rounds = race.begin(writers)
        agents.append(agent := begun_agent(race))

        with race.watched(agent):
            for turn in rounds:
                contents = texts_of(agent, writers)
                saves = [agent.save(content, base={}, version=turn + 1) for content in contents]
                winner = the_winner(race.run(agent, saves, turn), "version_conflict")

                assert winner.json["version"] == turn + 2
                assert winner.json["headData"] in contents

    race.prove("races-save", "saves with If-Match", agents, "exactly one won each round")


@pytest.mark.parametrize("action", [Action.UNDO, Action.REDO])
def test_of_moves_at_once_each_step_is_gone_once(race: Race, action: Action) -> None:
    agents = []
    for writers in WRITERS:
        rounds = race.begin(writers)
        agents.append(agent := begun_agent(race))
        version, depth = 1, 0

        with race.watched(agent):
            for turn in rounds:
                # A content to go back to, and for a redo the way back.
                version = race.one.ok(agent, agent.save(texts_of(agent, 1)[0], base={}, version=version))["version"]
                depth += 1
                if action is Action.REDO:
                    version = race.one.ok(agent, agent.move(Action.UNDO, version=version))["version"]
                steps = depth if action is Action.UNDO else 1
                done = race_of_moves(race, agent, action, version=version, steps=steps, turn=turn)
                version, depth = version + done, depth - done if action is Action.UNDO else depth

    unit = f"{action}s with If-Match, one key, or a key each"
    race.prove(f"races-{action}", unit, agents, "each step was gone once")


def race_of_moves(race: Race, agent: Agent, action: Action, *, version: int, steps: int, turn: int) -> int:
    """All writers move at once, by one of three ways in turn; how many moves were done."""
    writers = len(race.writers)
    match turn % 3:
        case 0:
            moves = [agent.move(action, version=version) for _ in range(writers)]
            the_winner(race.run(agent, moves, turn), "version_conflict")
            return 1
        case 1:
            move = agent.move(action, key=fresh(), version=version if turn % 2 else None)
            assert the_one_answer(race.run(agent, [move] * writers, turn)).json["version"] == version + 1
            return 1
        case _:
            moves = [agent.move(action, key=fresh()) for _ in range(writers)]
            replies = race.run(agent, moves, turn)
            done = min(steps, writers)
            assert statuses(replies) == Counter({200: done, 422: writers - done})
            versions = sorted(reply.json["version"] for reply in replies if reply.status == 200)
            assert versions == list(range(version + 1, version + 1 + done))
            return done


def test_one_key_is_one_entry_and_of_many_keys_each_is_its_own(race: Race) -> None:
    subjects: list[Subject] = []
    entries = 0
    for writers in WRITERS:
        rounds = race.begin(writers)
        agent, persona = begun_agent(race), begun_persona(race)
        subjects += [agent, persona]
        versions: dict[Subject, int] = {agent: 1, persona: 1}

        with race.watched(agent, persona):
            for turn in rounds:
                # Each way by turns, and each with both kinds of draft.
                subject: Subject = persona if turn % 2 else agent
                one_key = turn % 4 < 2
                before = versions[subject]
                if one_key:
                    race_of_one_key(race, subject, before, turn)
                elif subject is agent:
                    race_of_many_keys(race, agent, before, turn)
                else:
                    race_of_patches(race, persona, before, turn)
                added = 1 if one_key or subject is agent else writers
                versions[subject] += added
                entries += added
                assert race.one.ok(subject, subject.read())["version"] == versions[subject]

    result = f"{entries:,} entries: one a key that was accepted, and equal answers to all who sent it"
    race.prove("races-keyed-save", "keyed saves", subjects, result)


def race_of_one_key(race: Race, subject: Subject, version: int, turn: int) -> None:
    """All writers send one save with one key."""
    edit = {"comment" if isinstance(subject, Agent) else "name": fresh()}
    save = subject.save(edit, base={}, version=version if isinstance(subject, Agent) else None, key=fresh())

    shown = the_one_answer(race.run(subject, [save] * len(race.writers), turn)).json

    assert shown["version"] == version + 1
    assert edit.items() <= subject.content(shown).items()


def race_of_many_keys(race: Race, agent: Agent, version: int, turn: int) -> None:
    """Each writer has a key of its own, and all have seen one version."""
    contents = texts_of(agent, len(race.writers))
    saves = [agent.save(content, base={}, version=version, key=fresh()) for content in contents]

    winner = the_winner(race.run(agent, saves, turn), "version_conflict")

    assert winner.json["version"] == version + 1


def race_of_patches(race: Race, persona: FormDraft, version: int, turn: int) -> None:
    """Each writer has a key of its own and names no version: every patch is applied to the newest state."""
    patches = [persona.save({"description": fresh()}, base={}, key=fresh()) for _ in race.writers]

    replies = race.run(persona, patches, turn)

    assert statuses(replies) == {200: len(patches)}, [reply.body[:500] for reply in replies if reply.status != 200]
    versions = sorted(reply.json["version"] for reply in replies)
    assert versions == list(range(version + 1, version + 1 + len(patches)))


def test_a_proposal_that_many_decide_is_decided_once(race: Race) -> None:
    subjects: list[Subject] = []
    accepted = 0
    for writers in WRITERS:
        rounds = race.begin(writers)
        agent, persona = begun_agent(race), begun_persona(race)
        subjects += [agent, persona]

        with race.watched(agent, persona):
            for turn in rounds:
                subject: Subject = agent if turn % 2 else persona
                edits = {"comment" if turn % 2 else "name": fresh()}
                before, key = race.one.ok(subject, subject.read()), fresh()
                race.one.ok(subject, subject.propose(edits, base={}, version=before["version"], key=key))
                # All say yes, or half of them no: an ack's verdict is part of its request.
                verdicts = [turn % 4 < 2 or number % 2 == 0 for number in range(writers)]
                acks = [subject.ack(key, edits, accept=verdict) for verdict in verdicts]

                replies = race.run(subject, acks, turn)

                (verdict,) = {verdict for verdict, reply in zip(verdicts, replies, strict=True) if reply.status == 200}
                agreed = [reply for said, reply in zip(verdicts, replies, strict=True) if said == verdict]
                others = [reply for said, reply in zip(verdicts, replies, strict=True) if said != verdict]
                assert the_one_answer(agreed).json["version"] == before["version"] + verdict
                assert {(reply.status, reply.code) for reply in others} <= {(409, "already_decided")}
                accepted += verdict

    race.prove("races-ack", "acks", subjects, f"each proposal was decided once, {accepted} of {race.rounds} accepted")


def test_of_creators_exactly_one_wins(race: Race) -> None:
    agents = []
    for writers in WRITERS:
        for turn in race.begin(writers):
            agents.append(agent := Agent())
            tag = turn % 2 == 0
            creations = [agent.create(content, tag=tag) for content in texts_of(agent, writers)]

            replies = race.run(agent, creations, turn)

            winner = the_winner(replies, "draft_exists" if tag else "version_conflict")
            assert winner.json["version"] == 1
            listed = race.one.exchange(Request("", Action.READ, "GET", f"/v1/tenants/local/agents/{agent.id}/drafts"))
            assert [draft["version"] for draft in listed.json] == [1]

    race.prove("races-create", "creations", agents, "exactly one won each round, and is listed once")


def test_of_many_who_discard_and_begin_anew_one_discards_and_one_begins(race: Race) -> None:
    agents = []
    for writers in WRITERS:
        rounds = race.begin(writers)
        agents.append(agent := begun_agent(race))

        with race.watched(agent):
            for turn in rounds:
                version, contents = 2 * turn + 1, texts_of(agent, writers)
                replies = race_anew(race, agent, version, contents)

                winner = the_winner(replies, "version_conflict")
                assert (winner.json["version"], winner.json["history"][0]["seqNo"]) == (version + 2, version + 2)
                assert len(winner.json["history"]) == 1

    race.prove("races-discard", "discards and creations", agents, "one draft was discarded and one begun each round")


def race_anew(race: Race, agent: Agent, version: int, contents: Sequence[Mapping[str, str]]) -> list[Reply]:
    """Each writer discards one version and saves where nothing is; the replies to the saves."""
    start = threading.Barrier(len(contents))
    race.raced += 2 * len(contents)

    def discard_and_create(number: int) -> Reply:
        writer = race.writers[number]
        start.wait(30)
        # Who comes late finds the draft that another one has begun anew.
        assert writer.ask(agent, agent.discard(version=version)).status in (204, 409)
        return writer.ask(agent, agent.create(contents[number]))

    with ThreadPoolExecutor(len(contents)) as threads:
        return list(threads.map(discard_and_create, range(len(contents))))


def _and(numbers: Sequence[int]) -> str:
    return ", ".join(map(str, numbers[:-1])) + f" and {numbers[-1]}" if len(numbers) > 1 else str(numbers[0])
