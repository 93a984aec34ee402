"""Records as a replicated value: groups, stamps, join, and the stored form.

    Record    one record with its audit events (in git: a blob, and files under audit/)
    state     {record id: Record} = the tree of a commit of the board

A stamp is (landed, decided, decider, fence, lamport, replica), compared in that order:
    landed            of `status` only: the landings that the writer had seen, its own included
    decided, decider  time and replica of the last write of THIS group by a person
    fence             the ticket's fence as the writer saw it, in a claim the next
    lamport, replica  the transaction; makes every stamp unique
Every stamp follows from the parent's state and the event, so every reader can recompute it.

RULES switches single rules off, so that check.py can show what each of them is for.
"""

import hashlib, json

RULES = {
    "decider": True,  # a decision has an identity; off: a counter per record
    "stop": True,  # a holder stops when `status` was decided since its claim
    "landed": True,  # stamps of `status` count landings
    "floor": True,  # no time is issued twice while a claim's result is unknown
    "settle": True,  # a claim is lost only when the remote's tip is something without it
    "void": True,  # unjustified commits are void
    "arbiter": True,  # claims go to one remote per board; off: to any
    "order": True,  # decision before fence; off: fence before decision
}

NEVER = (0, 0, "", 0, 0, "")

# What is stored beside each other and decided together.
PARTS = {
    "ticket": {
        "status": ("state", "reason", "job_id"),
        "lease": ("fence", "holder", "nonce", "decided"),
    },
    "job": {"status": ("status", "reason", "outcome", "finished_at")},
}
SETS = ("aliases", "blocked_by", "expired", "labels", "touches", "landed")
ALWAYS = {"ticket": ("blocked_by", "labels", "landed", "touches")}


def compact(value):
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def canonical(value):
    """The one form in which anything is stored."""
    return json.dumps(value, sort_keys=True, indent=2, ensure_ascii=False) + "\n"


def order(stamp):
    return stamp if RULES["order"] else (stamp[0], stamp[3], *stamp[1:3], *stamp[4:])


def sha(text):
    """A short name for anything, of this model only."""
    return hashlib.sha1(text.encode()).hexdigest()[:16]


class Record:
    """Immutable. fields: {group: (stamp, value)}.

    A group is a field ("title"), a field group ("status", "lease"), an element of a set
    ("labels/x", value True or False) or one landing ("landed/<commit>"). A group that the
    record does not hold was never decided.
    """

    __slots__ = ("created", "fields", "events", "kind", "_digest", "_heads", "_conflicts")

    def __init__(self, created, fields, events, kind="ticket"):
        self.created, self.fields, self.events, self.kind = created, fields, events, kind
        self._digest = self._heads = self._conflicts = None

    def get(self, group, default=None):
        return self.fields[group][1] if group in self.fields else default

    def stamp(self, group):
        return self.fields[group][0] if group in self.fields else NEVER

    @property
    def digest(self):
        if self._digest is None:
            self._digest = sha(compact([self.created, self.fields, self.events]))
        return self._digest

    def seen(self):
        """What a deletion names as seen: a digest of everything but the tombstone."""
        rest = {group: field for group, field in self.fields.items() if group != "deleted"}
        return hashlib.sha256(canonical(rest).encode()).hexdigest()

    def fence(self):
        return (self.get("lease") or {"fence": 0})["fence"]

    def landings(self):
        return sum(group.startswith("landed/") for group in self.fields)

    def status(self):
        """The state as read: a landing that the winning status had not seen makes it done."""
        status = self.get("status")
        if RULES["landed"] and self.landings() > self.stamp("status")[0]:
            return {"state": "done", "reason": None, "job_id": (status or {}).get("job_id")}
        return status

    def hidden(self):
        """Deleted, and nothing survives that the deletion had not seen."""
        return bool(self.get("deleted")) and self.get("deleted") == self.seen()

    def heads(self):
        """Events of the record that no other of its events names in `prev`."""
        if self._heads is None:
            named = {name for event in self.events.values() for name in event["prev"]}
            self._heads = sorted(name for name in self.events if name not in named)
        return self._heads

    def conflicts(self):
        """{group: [events]} where two or more writes have no later one; derived, never stored.

        Among people's writes only people's count as later: automation does not close a
        conflict between two people.
        """
        if self._conflicts is not None:
            return self._conflicts
        past, writes = {}, {}
        for name, event in sorted(self.events.items(), key=lambda x: (x[1]["lamport"], x[0])):
            past[name] = set(event["prev"]).union(*(past.get(p, ()) for p in event["prev"]))
            for group in event["writes"]:
                writes.setdefault(group, []).append(name)
        self._conflicts = {}
        for group, names in writes.items():
            people = [name for name in names if self.events[name]["actor"] == "human"]
            found = set()
            for some in (names, people):
                last = [name for name in some if not any(name in past[other] for other in some)]
                if len(last) > 1:
                    found.update(last)
            if found:
                self._conflicts[group] = sorted(found)
        return self._conflicts


# ---------------------------------------------------------------------------- join
def join_records(left, right):
    if left is right or left is None:
        return right
    if right is None:
        return left
    fields = dict(left.fields)
    for group, field in right.fields.items():
        if group not in fields or wins(field, fields[group]):
            fields[group] = field
    events = join_events(left.events, right.events)
    return Record(min(left.created, right.created), fields, events, left.kind)


def wins(field, other):
    """The greater stamp; of equal stamps (a copied replica, a forger) the greater bytes."""
    if field == other:
        return False
    if field[0] != other[0]:
        return order(field[0]) > order(other[0])
    return canonical(field[1]).encode() > canonical(other[1]).encode()


def join_events(left, right):
    """The union; two contents under one name both stay, and the lesser keeps the name."""
    if left.keys() == right.keys() and left == right:
        return left
    events = {**left, **right}
    clashes = {name for name in left.keys() & right.keys() if left[name] != right[name]}
    for name in {clash.split("~")[0] for clash in clashes}:
        same = [other for other in events if other.split("~")[0] == name]
        texts = {compact(m[o]): m[o] for m in (left, right) for o in same if o in m}
        for other in same:
            del events[other]
        for n, text in enumerate(sorted(texts)):
            events[name if n == 0 else name + "~" + sha(text)[:8]] = texts[text]
    return events


def join(left, right):
    """Merge of two states: commutative, associative, idempotent."""
    if left is right:
        return left
    joined = dict(left)
    for name, record in right.items():
        joined[name] = join_records(joined.get(name), record)
    return joined


def digest(state):
    return sha(compact(sorted((name, record.digest) for name, record in state.items())))


def find_conflicts(state):
    return {name: record.conflicts() for name, record in state.items() if record.conflicts()}


# ---------------------------------------------------------------------------- stamps
def fence_for(base, record, writes):
    """The fence of a write: the ticket's as its writer saw it; in the claim itself the next."""
    ticket = record.get("ticket_id") if record else writes.get("ticket_id")
    if ticket in base:
        return base[ticket].fence()
    return record.fence() + ("lease" in writes) if record else 0


def make_stamp(record, group, event, fence, lamport, replica):
    """The one function that makes stamps; `record` is as in the parent's state."""
    lands = any(name.startswith("landed/") for name in event["writes"])
    landed = record.landings() + lands if group == "status" and RULES["landed"] else 0
    human = event["actor"] == "human"
    if RULES["decider"]:
        decided = (lamport, replica) if human else record.stamp(group)[1:3]
    else:  # a counter, raised by a person, else the highest seen
        highest = max([stamp[1] for stamp, _ in record.fields.values()] + [record.created[1]])
        decided = (highest + human, "")
    return (landed, *decided, fence, lamport, replica)


def create(base, event, lamport, replica):
    """The record that an event creates: one stamp for everything."""
    writes = event["writes"]
    if any(group == "lease" or group.startswith("landed/") for group in writes):
        return None
    human = event["actor"] == "human" and RULES["decider"]
    decided = (lamport, replica) if human else (0, "")
    created = (0, *decided, fence_for(base, None, writes), lamport, replica)
    fields = {group: (created, value) for group, value in writes.items()}
    return Record(created, fields, {event["id"]: event}, event.get("kind", "ticket"))


def change(base, record, event, lamport, replica):
    """The record that an event makes of what was there."""
    fields, writes = dict(record.fields), event["writes"]
    fence = fence_for(base, record, writes)
    for group, value in writes.items():
        if group.startswith("landed/") and group in fields:
            return None  # write-once
        if group == "lease" and value["fence"] != record.fence() + 1:
            return None  # a claim is exactly the next fence
        fields[group] = (make_stamp(record, group, event, fence, lamport, replica), value)
    return Record(record.created, fields, {**record.events, event["id"]: event}, record.kind)


def apply(base, events, lamport, replica):
    """What these events make of a state; None where one of them is not in order.

    There is one event per record and transaction, it names all groups that it writes, and its
    `prev` are exactly the heads that the record has in the parent's state.
    """
    state, done = dict(base), set()
    for n, event in enumerate(events):
        name = event["subject"]
        record = state.get(name)
        if event["id"] != f"{name}-{lamport}-{replica}-{n}" or name in done:
            return None
        if (event["lamport"], event["replica"], event["n"]) != (lamport, replica, n):
            return None
        if event["prev"] != (record.heads() if record else []):
            return None
        done.add(name)
        if record is None:
            made = create(base, event, lamport, replica)
        else:
            made = change(base, record, event, lamport, replica)
        if made is None:
            return None
        state[name] = made
    return state


def blockers(state, name):
    """Who blocks: present elements whose record can be seen. The others dangle."""
    waits = [
        g[11:] for g, (_, v) in state[name].fields.items() if g.startswith("blocked_by/") and v
    ]
    return sorted(other for other in waits if other in state and not state[other].hidden())


# ---------------------------------------------------------------------------- stored form
def to_disk(name, record):
    stored = {"schema": 1, "id": name, "_stamp": list(record.created), "_stamps": {}}
    stored["_heads"] = record.heads()
    parts = PARTS.get(record.kind, {})
    stored.update({group: {} for group in ALWAYS.get(record.kind, ())})
    if record.kind == "ticket":  # as if it were a claim, until there is one
        stored.update(fence=0, holder=None, nonce=None, decided=None)
    for group, (stamp, value) in record.fields.items():
        if "/" in group:
            family, element = group.split("/", 1)
            stored.setdefault(family, {})[element] = [value, list(stamp)]
            continue
        if stamp != record.created:
            stored["_stamps"][group] = list(stamp)
        if group in parts:
            stored.update({part: value.get(part) for part in parts[group]})
        else:
            stored[group] = value
    return canonical(stored)


def from_disk(text, events, kind="ticket"):
    stored = json.loads(text)
    created, stamps, fields = tuple(stored["_stamp"]), stored["_stamps"], {}
    for own in ("schema", "id", "_stamp", "_stamps", "_heads"):
        del stored[own]
    for family in SETS:
        for element, (value, stamp) in stored.pop(family, {}).items():
            fields[f"{family}/{element}"] = (tuple(stamp), value)
    for group, parts in PARTS.get(kind, {}).items():
        if parts[0] in stored:
            value = {part: stored.pop(part) for part in parts}
            if group != "lease" or value["fence"]:
                fields[group] = (tuple(stamps.get(group, created)), value)
    for group, value in stored.items():
        fields[group] = (tuple(stamps.get(group, created)), value)
    return Record(created, fields, events, kind)
