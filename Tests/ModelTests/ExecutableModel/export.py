"""Writes random histories with what the model makes of them, for others to do the same.

    export.py N [first seed]

Frames end with a zero byte. A history begins with a frame {"seed"}; for each commit, parents
first, follows a frame {"parents", "void", "lamport", "replica", "events", "records",
"refused", "twins"} and, for every name in "records", a frame with the stored form. "refused"
are events that must not apply to this commit's state. A twin, {"record", "left", "right"}, has
two frames: the record in the commit `right` with other values under the same stamps, and its
join with the record in the commit `left`.
"""

import random, sys
import record_model as m
from board_model import make_event
from check import History


def frame(value):
    text = value if isinstance(value, str) else m.compact(value)
    sys.stdout.write(text + "\0")


def meaning(record):
    return {"hidden": record.hidden(), "seen": record.seen(), "status": record.status()}


def changed(board, commit):
    """The records that are not those of the first parent."""
    before = board[commit.parents[0]].state if commit.parents else {}
    return sorted(name for name, record in commit.state.items() if before.get(name) is not record)


def refused(rng, commit):
    """Events that are not in order: a wrong `prev`, claim, landing or creation."""
    events, lamport = [], commit.lamport + 1
    for name in rng.sample(sorted(commit.state), min(1, len(commit.state))):
        record = commit.state[name]
        fence = record.fence() + rng.choice([-1, 0, 2])
        lease = {"lease": {"fence": fence, "holder": "Z", "nonce": "z", "decided": [0, ""]}}
        landings = {group: {} for group in record.fields if group.startswith("landed/")}
        for writes in [lease, landings] if landings else [lease]:
            events.append(make_event(commit.state, name, writes, lamport, "Z", 0, "human", "bad"))
        for prev in ([], record.heads() + ["other"]):
            event = make_event(commit.state, name, {"title": "z"}, lamport, "Z", 0, "human", "bad")
            events.append({**event, "prev": prev})
    for writes in ({"lease": {"fence": 1, "holder": "Z"}}, {"landed/c": {}}):
        events.append(make_event(commit.state, "NEW", writes, lamport, "Z", 0, "human", "bad"))
    for event in events:
        assert m.apply(commit.state, [event], lamport, "Z") is None
    return events


def twin(rng, board, numbers):
    """A copied replica wrote other values under the same stamps."""
    left, right = (board[rng.choice(list(numbers))] for _ in range(2))
    names = sorted(left.state.keys() & right.state.keys())
    if not names:
        return None
    name = rng.choice(names)
    record, fields = right.state[name], {}
    for group, (stamp, value) in record.fields.items():
        others = ["other", None, 7, [value], {"a": [value, 1], "b": {}}, value]
        is_plain = "/" not in group and group not in ("lease", "status", "deleted", "ticket_id")
        fields[group] = (stamp, rng.choice(others) if is_plain else value)
    other = m.Record(record.created, fields, record.events, record.kind)
    joined = m.join_records(left.state[name], other)
    where = {"record": name, "left": numbers[left.id], "right": numbers[right.id]}
    return where, m.to_disk(name, other), m.to_disk(name, joined)


def export(seed):
    history, rng = History(seed), random.Random(-seed)
    if history.spoof:  # events of two contents under one name
        return
    history.run()
    assert not history.fail, history.fail
    frame({"seed": seed})
    numbers = {}
    for number, commit in enumerate(history.board.commits.values()):
        numbers[commit.id] = number
        names = changed(history.board, commit)
        found = twin(rng, history.board, numbers) if number % 4 == 0 else None
        frame(
            {
                "parents": [numbers[parent] for parent in commit.parents],
                "void": commit.void,
                "lamport": commit.lamport,
                "replica": commit.replica,
                "events": commit.events,
                "records": {name: meaning(commit.state[name]) for name in names},
                "refused": refused(rng, commit) if number % 4 == 1 else [],
                "twins": [found[0]] if found else [],
            }
        )
        for name in names:
            frame(m.to_disk(name, commit.state[name]))
        for text in found[1:] if found else ():
            frame(text)


if __name__ == "__main__":
    first = int(sys.argv[2]) if len(sys.argv) > 2 else 1
    for seed in range(first, first + int(sys.argv[1])):
        export(seed)
