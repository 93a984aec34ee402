"""The board of several clones: commits, transactions, claims and landings, fetch, merge, push.

Board     the commit DAG; add() decides per commit, against its parents only, whether it
          is justified or void
Replica   one clone: transactions; claims and landings by compare-and-swap push; sync
Remote    a ref with compare-and-swap; pushes may get lost, or arrive late
"""

from record_model import RULES, apply, compact, digest, fence_for, join, sha

# A transaction's time lies after its parent's, and at most so much later.
SLACK = 1000

# From -> to; who may make a move is not modelled, `done` is left by people only.
TABLE = {
    "proposed": ("planned", "abandoned"),
    "planned": ("proposed", "executing", "blocked", "abandoned"),
    "executing": ("verifying", "needs_human", "blocked", "planned", "abandoned"),
    "verifying": ("executing", "needs_human", "blocked", "planned", "done"),
    "needs_human": ("executing", "planned", "blocked", "done", "abandoned"),
    "blocked": ("planned", "executing", "abandoned"),
    "done": ("executing",),
    "abandoned": ("planned",),
}


def make_event(base, name, writes, lamport, replica, n, actor, kind):
    record = base.get(name)
    return {
        "id": f"{name}-{lamport}-{replica}-{n}",
        "subject": name,
        "kind": record.kind if record else "job" if "ticket_id" in writes else "ticket",
        "writes": writes,
        "prev": record.heads() if record else [],
        "actor": actor,
        "type": kind,
        "fence": fence_for(base, record, writes),
        "lamport": lamport,
        "replica": replica,
        "n": n,
    }


class Commit:
    __slots__ = ("id", "parents", "lamport", "sent", "replica", "tree", "state", "void")
    __slots__ += ("past", "bit", "events")


class Board:
    """All commits of one world; clones share immutable objects, so one dictionary serves them.

    commit.tree is what is stored, commit.state what it means; they differ only where the
    commit is void.
    """

    def __init__(self):
        self.commits = {}
        self.root = self.add((), 0, "", {})

    def __getitem__(self, cid):
        return self.commits[cid]

    def has(self, cid, ancestor):
        return bool(self[cid].past & self[ancestor].bit)

    def add(self, parents, lamport, replica, tree):
        name = sha(compact([parents, lamport, replica, digest(tree)]))
        if name in self.commits:
            return name
        c = Commit()
        c.id, c.parents, c.replica, c.tree = name, parents, replica, tree
        c.sent = lamport  # the time as stored
        c.bit = 1 << len(self.commits)
        c.past = c.bit
        base, top = {}, 0
        for parent in parents:
            c.past |= self[parent].past
            base, top = join(base, self[parent].state), max(top, self[parent].lamport)
        if len(parents) == 1:
            new = self.new_events(base, tree)
            in_time = top < lamport <= top + SLACK and replica
            made = apply(base, new, lamport, replica) if RULES["void"] and in_time else None
            # Justified iff its own events make its tree of its parent.
            c.void = RULES["void"] and (made is None or digest(made) != digest(tree))
            c.events = [] if c.void else new
        else:
            c.events = []
            # Justified iff it is THE merge.
            is_merge = replica == "" and lamport == top and digest(tree) == digest(base)
            c.void = RULES["void"] and bool(parents) and not is_merge
        c.lamport, c.state = (top, base) if c.void else (lamport, tree)
        self.commits[name] = c
        return name

    @staticmethod
    def new_events(base, tree):
        new = []
        for name, record in tree.items():
            known = base[name].events if name in base else {}
            new += [event for i, event in record.events.items() if i not in known]
        return sorted(new, key=lambda event: event["n"])

    def merge(self, a, b):
        """Deterministic: any clone that merges the same tips makes the same commit.

        A merge writes nothing, so time stands still.
        """
        if self.has(a, b):
            return a
        if self.has(b, a):
            return b
        a, b = sorted((a, b))
        return self.add(
            (a, b), max(self[a].lamport, self[b].lamport), "", join(self[a].state, self[b].state)
        )

    def transact(self, tip, lamport, replica, writes, actor, kind):
        """One commit. writes: {record id: {group: value}}.

        The tree is made from the parent's meaning, so a void parent is healed.
        """
        base, events = self[tip].state, []
        for n, (name, groups) in enumerate(sorted(writes.items())):
            events.append(make_event(base, name, groups, lamport, replica, n, actor, kind))
        tree = apply(base, events, lamport, replica)
        cid = self.add((tip,), lamport, replica, tree)
        assert not self[cid].void, "an honest writer made a void commit"
        return cid


# ---------------------------------------------------------------------------- clones
class Remote:
    def __init__(self, board):
        self.tip = board.root
        self.late = []  # pushes still on their way when the client gave up

    def push(self, expected, new, fate="ok"):
        """-> True accepted, False rejected, None unknown.

        fate: "ok", lost "before" or "after" it took effect, or arrives "late".
        """
        if fate == "before":
            return None
        if fate == "late":
            self.late.append((expected, new))
            return None
        ok = self.tip == expected
        if ok:
            self.tip = new
        return None if fate == "after" else ok

    def deliver(self, n=0):
        expected, new = self.late.pop(n)
        if self.tip == expected:
            self.tip = new


class Replica:
    def __init__(self, replica, board, remotes, arbiter):
        self.name, self.board, self.remotes, self.arbiter = replica, board, remotes, arbiter
        self.tip = board.root  # refs/draft/board
        self.known = {r: board.root for r in remotes}  # refs/draft-remotes/*
        self.pending = {}  # refs/draft-local/*: ticket -> (commit, expected tip, kind)
        self.holds = {}  # ticket -> fence, accepted claims
        self.last = None  # last own human transaction, for undo

    @property
    def state(self):
        return self.board[self.tip].state

    def time(self, tip):
        mine = (
            [self.board[c].lamport for c, _, _ in self.pending.values()] if RULES["floor"] else []
        )
        return 1 + max([self.board[tip].lamport] + mine)

    # Transactions: preconditions are looked at in the state written upon; False = refused
    def write(self, writes, actor="human", kind="edited"):
        self.merge_fetched()
        for name, w in writes.items():
            record = self.state.get(name)
            if record and record.hidden() and "deleted" not in w:
                return False
        self.tip = self.board.transact(
            self.tip, self.time(self.tip), self.name, writes, actor, kind
        )
        if actor == "human":
            self.last = self.tip
        return True

    def move(self, name, to, reason, actor="human"):
        """A state decision (human) or a transition by the system (not the holder)."""
        self.merge_fetched()
        if to not in TABLE[self.state[name].status()["state"]]:
            return False
        return self.write(
            {name: {"status": {"state": to, "reason": reason, "job_id": reason}}},
            actor,
            "transitioned",
        )

    def holding(self, name, state=None):
        """Whether we, by what we know, hold the ticket.

        A seen successor, decision or landing ends it: claim anew.
        """
        record = (state or self.state)[name]
        lease = record.get("lease")
        return (
            name in self.holds
            and lease["fence"] == self.holds[name]
            and lease["holder"] == self.name
            and (not RULES["stop"] or list(record.stamp("status")[1:3]) == lease["decided"])
        )

    def step(self, name, to, reason):
        """A transition by the holder under its fence."""
        self.merge_fetched()
        st = self.state[name].status()["state"]
        if not self.holding(name) or st == "done" or to not in TABLE[st]:
            return False
        return self.write(
            {name: {"status": {"state": to, "reason": reason, "job_id": reason}}},
            "executor",
            "transitioned",
        )

    def undo(self):
        """The inverse of one's last transaction, as a new decision.

        Refused where a group was written since, or there is no inverse.
        """
        self.merge_fetched()
        c = self.board[self.last] if self.last else None
        if not c or len(c.events) != 1:
            return False
        e = c.events[0]
        name, before, now = (
            e["subject"],
            self.board[c.parents[0]].state.get(e["subject"]),
            self.state[e["subject"]],
        )
        if before is None or any(
            now.stamp(k) != c.state[name].stamp(k) or k.startswith("landed/") for k in e["writes"]
        ):
            return False
        w = {k: before.get(k, False if "/" in k else None) for k in e["writes"]}
        if "status" in w and (
            w["status"]["state"] not in TABLE[now.status()["state"]] or now.landings()
        ):
            return False
        if w.get("deleted"):
            w["deleted"] = now.seen()  # to delete again is to have seen what is there now
        self.last = None
        return self.write({name: w}, "human", "undone")

    def delete(self, name):
        self.merge_fetched()
        return self.write({name: {"deleted": self.state[name].seen()}}, "human", "deleted")

    # What must win on the remote before it is true here: claims and landings
    def offer(self, name, writes, kind, fate="ok"):
        """A commit on (local merged with fetched) that no board ref points to.

        It is pushed with the fetched tip as expected value.
        """
        expected = self.arbiter.tip  # fetch ...
        self.known[self.arbiter] = expected
        tip = self.board.merge(self.tip, expected)
        cid = self.board.transact(tip, self.time(tip), self.name, {name: writes}, "executor", kind)
        self.pending[name] = (cid, expected, kind)  # ... stored before the push
        self.outcome(name, self.arbiter.push(expected, cid, fate))

    def claim(self, name, nonce, lapsed=False, fate="ok"):
        state = self.board[self.board.merge(self.tip, self.arbiter.tip)].state
        if name in self.pending or name not in state or state[name].hidden():
            return False
        record, st = state[name], state[name].status()["state"]
        if not (st == "planned" or (lapsed and st in ("executing", "verifying"))):
            return False
        self.offer(
            name,
            {
                "lease": {
                    "fence": record.fence() + 1,
                    "holder": self.name,
                    "nonce": nonce,
                    "decided": list(record.stamp("status")[1:3]),
                },
                "status": {"state": "executing", "reason": nonce, "job_id": nonce},
            },
            "claimed",
            fate,
        )
        return True

    def release(self, name, to, reason, fate="ok"):
        """Gives a ticket back: the next fence, held by nobody. It must win like a claim."""
        state = self.board[self.board.merge(self.tip, self.arbiter.tip)].state
        if name in self.pending or name not in state or state[name].hidden():
            return False
        if not self.holding(name, state) or to not in TABLE[state[name].status()["state"]]:
            return False
        fence = state[name].fence() + 1
        lease = {"fence": fence, "holder": None, "nonce": None, "decided": None}
        status = {"state": to, "reason": reason, "job_id": None}
        self.offer(name, {"lease": lease, "status": status}, "released", fate)
        return True

    def land(self, name, commit, fate="ok", local=False):
        """local: no shared remote; a compare-and-swap of the local base and board."""
        self.merge_fetched()
        state = (
            self.state if local else self.board[self.board.merge(self.tip, self.arbiter.tip)].state
        )
        if (
            name in self.pending
            or state[name].hidden()
            or state[name].status()["state"] not in ("needs_human", "verifying")
        ):
            return False
        w = {
            "landed/" + commit: {"commit": commit, "by": self.name},
            "status": {"state": "done", "reason": commit, "job_id": commit},
        }
        if local:
            return self.write({name: w}, "executor", "landed")
        self.offer(name, w, "landed", fate)
        return True

    def outcome(self, name, result):
        if result is None:
            return  # unknown: stays pending
        cid, _, kind = self.pending.pop(name)
        if result:
            self.tip = self.board.merge(self.tip, cid)
            if kind == "released":
                self.holds.pop(name, None)
            if kind == "claimed":
                self.holds[name] = self.board[cid].state[name].fence()

    def settle(self, name, fate="ok"):
        cid, expected, _ = self.pending[name]
        tip = self.known[self.arbiter] = self.arbiter.tip
        if self.board.has(tip, cid):
            self.outcome(name, True)
        elif tip != expected or not RULES["settle"]:
            # The expected value is gone for ever: it can no longer be accepted.
            self.outcome(name, False)
        else:
            self.outcome(name, self.arbiter.push(expected, cid, fate))  # the same commit again

    # Sync
    def fetch(self, r):
        self.known[r] = r.tip

    def merge_fetched(self):
        for t in sorted(set(self.known.values())):
            self.tip = self.board.merge(self.tip, t)

    def push(self, r, fate="ok"):
        if self.board.has(self.tip, self.known[r]) and r.push(self.known[r], self.tip, fate):
            self.known[r] = self.tip
            return True
        return False
