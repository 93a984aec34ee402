"""Random histories of several clones, and what must hold of every one of them.

    check.py [N] [first seed] [--off RULE,...] [--replay SEED]

Every history is a function of its seed alone; a failing seed is printed, and can be replayed.
"""

import random, sys, collections
import record_model as m
from board_model import Board, Remote, Replica, TABLE
from record_model import digest, find_conflicts, from_disk, join, to_disk

PROPS = {
    "P1": "merge commutative, associative, idempotent",
    "P2": "one state, one head after healing",
    "P3": "no event lost",
    "P4": "human decision not overridden by automation unaware",
    "P5": "stale holder never beats its successor",
    "P6": "no claim won twice, none won unknowingly",
    "P7": "groups never torn",
    "P8": "landed kept, not contradicted",
    "P9": "derived conflicts = real concurrency",
    "P10": "hostile stamps neither win nor block",
    "P11": "unknown fields carried",
    "P12": "deletion hides only what it saw",
    "P13": "disk form loses nothing",
}


# How often each operation is tried.
WEIGHTS = {"create": 0.3, "derived": 0.5, "edit": 8, "set": 6, "move": 5, "system": 4, "claim": 14}
WEIGHTS |= {"step": 22, "release": 4, "job": 3, "land": 14, "undo": 3, "delete": 1, "restore": 3}
WEIGHTS |= {"resolve": 4, "fetch": 8, "sync": 14, "settle": 6, "late": 2, "link": 3}


class History:
    def __init__(self, seed):
        self.rng, self.seed = random.Random(seed), seed
        self.fail, self.info = [], collections.Counter()
        rng = self.rng
        self.board = b = Board()
        two = rng.random() < 0.5
        self.remotes = [Remote(b) for _ in range(1 + two)]
        r0 = self.remotes[0]  # the arbiter of claims
        self.reps = []
        for i in range(rng.randint(3, 8)):
            mine = (
                [r0]
                if not two
                else rng.choice([self.remotes, self.remotes, [r0], self.remotes[1:]])
            )
            if i == 0:
                mine = self.remotes  # somebody bridges
            self.reps.append(
                Replica("ABCDEFGH"[i], b, mine, r0 if m.RULES["arbiter"] else rng.choice(mine))
            )
        self.tips, self.lost, self.won = set(), [], []
        self.unknown, self.n, self.attacked = {}, 0, set()
        self.linked = {(x.name, r): True for x in self.reps for r in x.remotes}
        self.hostile, self.spoof = rng.random() < 0.4, rng.random() < 0.05
        for x in self.reps:
            self.watch(x)

    def watch(self, x):
        """Record what a replica believes about its claims."""
        real = x.outcome

        def outcome(name, result):
            cid, _, kind = x.pending[name]
            if result is not None:
                (self.won if result else self.lost).append((x.name, cid))
            real(name, result)

        x.outcome = outcome

    def token(self):
        self.n += 1
        return f"v{self.n}"

    def value(self):
        """Something new to write; now and then nothing, which removes a field."""
        return self.token() if self.rng.random() < 0.85 else None

    def fate(self):
        return self.rng.choice(["ok"] * 6 + ["before", "after", "late"])

    # ---- one random operation
    def op(self):
        rng, x = self.rng, self.rng.choice(self.reps)
        x.merge_fetched()
        ids = sorted(i for i in x.state if x.state[i].kind == "ticket")
        live = [i for i in ids if not x.state[i].hidden()]
        weights = {**WEIGHTS, "attack": 2 if self.hostile else 0}
        if len(ids) < 2:
            weights["create"] = 6
        if "IMPORT" in ids:
            weights["derived"] = 0
        kind = rng.choices(list(weights), list(weights.values()))[0]
        actor = rng.choice(["human", "human", "system"])
        online = (x.name, x.arbiter) in self.linked and self.linked[x.name, x.arbiter]
        if kind == "create":
            t = self.token()
            w = {
                "title": t,
                "priority": t,
                "status": {
                    "state": rng.choice(["planned", "planned", "proposed"]),
                    "reason": t,
                    "job_id": t,
                },
            }
            if rng.random() < 0.4:
                w["x_future"] = {"a": [t, 1], "b": None}
                self.unknown.setdefault(f"T{self.n}", set()).add("x_future")
            if ids and rng.random() < 0.3:
                w["blocked_by/" + rng.choice(ids)] = True  # may name a deleted record
            x.write({f"T{self.n}": w}, actor, "created")
        elif kind == "derived":  # an id derived from outside: two clones may create it at once
            t = self.token()
            x.write(
                {
                    "IMPORT": {
                        "title": t,
                        "status": {"state": "planned", "reason": t, "job_id": t},
                        "labels/" + rng.choice("ab"): True,
                    }
                },
                actor,
                "created",
            )
        elif kind in ("edit", "set") and live:
            w = {}
            # One transaction, one or two records.
            for name in rng.sample(live, min(len(live), rng.choice([1, 1, 2]))):
                if kind == "edit":
                    keys = rng.sample(["title", "priority", "x_late"], rng.choice([1, 2]))
                    w[name] = {k: self.value() for k in keys}
                    if "x_late" in keys:
                        self.unknown.setdefault(name, set()).add("x_late")
                else:
                    w[name] = {
                        rng.choice(["labels/a", "labels/b", "blocked_by/T1"]): rng.random() < 0.6
                    }
            x.write(w, actor)
        elif kind == "move" and live:
            name = rng.choice(live)
            x.move(name, rng.choice(TABLE[x.state[name].status()["state"]]), self.token())
        elif kind == "system" and live:
            name = rng.choice(live)
            to = [s for s in TABLE[x.state[name].status()["state"]] if s in ("planned", "blocked")]
            if to and x.state[name].status()["state"] != "abandoned":
                x.move(name, rng.choice(to), self.token(), "system")
        elif kind == "claim" and live and online and x.arbiter in x.remotes:
            x.claim(rng.choice(live), self.token(), rng.random() < 0.5, self.fate())
        elif kind == "step" and x.holds:
            name = rng.choice(sorted(x.holds))
            st = x.state[name].status()["state"]
            to = [s for s in TABLE[st] if s not in ("done", "abandoned")]
            to = [s for s in to if s in ("verifying", "needs_human")] * 3 + to
            if to and not x.state[name].hidden():
                x.step(name, rng.choice(to), self.token())
        elif kind == "land" and live:
            local = rng.random() < 0.4
            if local or (online and x.arbiter in x.remotes):
                ready = [
                    i for i in live if x.state[i].status()["state"] in ("needs_human", "verifying")
                ]
                x.land(rng.choice(ready or live), self.token(), self.fate(), local)
        elif kind == "release" and x.holds and online and x.arbiter in x.remotes:
            to = rng.choice(["planned", "needs_human", "blocked"])
            x.release(rng.choice(sorted(x.holds)), to, self.token(), self.fate())
        elif kind == "job" and live:
            jobs = sorted(i for i in x.state if x.state[i].kind == "job")
            name, new = f"J{self.token()}", {"ticket_id": rng.choice(live), "stage": None}
            if jobs and rng.random() < 0.6:
                name, new = rng.choice(jobs), {"stage": self.value()}
            x.write({name: new}, rng.choice(["executor", "executor", "human"]), "job")
        elif kind == "undo":
            x.undo()
        elif kind == "delete" and live and len(live) > 1:
            x.delete(rng.choice(live))
        elif kind == "restore":
            dead = [i for i in ids if x.state[i].get("deleted")]
            if dead:
                x.write({rng.choice(dead): {"deleted": None}}, "human", "restored")
        elif kind == "resolve":
            c = find_conflicts(x.state)
            c = [
                (r, k)
                for r in sorted(c)
                for k in sorted(c[r])
                if r in live and k.split("/")[0] not in ("lease", "landed", "deleted")
            ]
            if c:
                name, key = rng.choice(c)
                x.write({name: {key: x.state[name].get(key)}}, "human", "resolved")
        elif kind in ("fetch", "sync"):
            for r in x.remotes:
                if self.linked[x.name, r]:
                    x.fetch(r)
                    if kind == "sync":
                        x.merge_fetched()
                        x.push(r, self.fate())
        elif kind == "settle" and x.pending and online:
            x.settle(rng.choice(sorted(x.pending)), self.fate())
        elif kind == "late":
            for r in self.remotes:
                if r.late:
                    r.deliver(rng.randrange(len(r.late)))
        elif kind == "link":
            k = (x.name, rng.choice(x.remotes))
            self.linked[k] = not self.linked[k]
        elif kind == "attack":
            self.attack(rng.choice(self.remotes))
        self.tips.add(x.tip)

    def attack(self, r):
        """Someone who may push puts a commit of his own making on the remote's tip."""
        rng, b, tip = self.rng, self.board, r.tip
        base, L = b[tip].state, b[tip].lamport + 1
        if not base:
            return
        name = rng.choice(sorted(base))
        s, R = base[name], "M"
        if self.spoof:  # in order, but under another's name: stamps and event names collide
            r.tip = b.transact(
                tip,
                L,
                rng.choice(self.reps).name,
                {name: {"title": "SPOOF" + self.token()}},
                "human",
                "edited",
            )
            return
        how = rng.choice(
            [
                "lamport",
                "fence",
                "decided",
                "landed",
                "negative",
                "noevent",
                "drop",
                "creation",
                "merge",
                "lease",
                "unland",
                "prev",
                "record",
                "time",
            ]
        )
        self.info["attack " + how] += 1
        if how in ("lamport", "negative", "time"):
            L = {"lamport": 10**15, "negative": -5, "time": L}[how]
        st, key, val = (
            list(m.make_stamp(s, "status", {"actor": "human", "writes": {}}, s.fence(), L, R)),
            "status",
            {"state": "abandoned", "reason": "EVIL" + self.token(), "job_id": None},
        )
        if how in ("fence", "decided", "landed", "time"):
            st[{"fence": 3, "decided": 1, "landed": 0, "time": 4}[how]] = 10**9
        w = {key: val}
        if how == "lease":
            key, val, st[3] = (
                "lease",
                {"fence": s.fence() + 9, "holder": R, "nonce": "EVIL", "decided": [0, ""]},
                s.fence() + 9,
            )
            w = {key: val}
        e = {
            "id": f"{name}-{L}-{R}-0",
            "subject": name,
            "writes": w,
            "prev": s.heads(),
            "actor": "human",
            "type": "edited",
            "fence": st[3],
            "lamport": L,
            "replica": R,
            "n": 0,
        }
        if how == "prev":
            e["prev"] = []
        fields, events, created = (
            {**s.fields, key: (tuple(st), val)},
            {**s.events, e["id"]: e},
            s.created,
        )
        if how == "noevent":
            events = s.events
        if how == "drop":
            events.pop(sorted(s.events)[0])
        if how == "creation":
            created = (0, 10**9, "Z", 0, 10**9, "Z")
        if how == "unland":
            fields = {k: v for k, v in fields.items() if not k.startswith("landed/")}
            fields["status"] = (tuple(st[:4] + [L + 7, R]), val)
        tree = {**base, name: m.Record(created, fields, events)}
        if how == "record":
            tree.pop(name)
        parents = (tip,)
        if how == "merge":
            parents, R, L = (
                tuple(sorted((tip, rng.choice(self.reps).tip))),
                "",
                max(b[tip].lamport, 3),
            )
            if parents[0] == parents[1]:
                return
        cid = b.add(parents, L, R, tree)
        if m.RULES["void"] and not b[cid].void:
            self.fail.append(("P10", f"{how} was not noticed"))
        r.tip = cid
        self.attacked.add(name)

    # ---- healing
    def heal(self):
        """Rounds in which every clone tries one sync with each of its remotes.

        All interleaved, losers of a push waiting for the next; or one after the other.
        """
        rng, rounds = self.rng, 0
        serial = self.serial = (
            self.seed % 2 == 0
        )  # every sync runs undisturbed, or all are interleaved step by step
        for r in self.remotes:
            while r.late:
                r.deliver(rng.randrange(len(r.late))) if rng.random() < 0.5 else r.late.pop()
        while len({x.tip for x in self.reps} | {r.tip for r in self.remotes}) > 1 or any(
            x.pending for x in self.reps
        ):
            rounds += 1
            if rounds > 60:
                self.fail.append(("P2", "does not converge"))
                return rounds
            todo = [
                [
                    (x, r, s)
                    for r in rng.sample(x.remotes, len(x.remotes))
                    for s in ("fetch", "merge", "push")
                ]
                for x in self.reps
            ]
            rng.shuffle(todo)
            while any(todo):
                x, r, s = (
                    next(q for q in todo if q) if serial else rng.choice([q for q in todo if q])
                ).pop(0)
                if s == "fetch":
                    for name in sorted(x.pending):
                        x.settle(name)
                    x.fetch(r)
                elif s == "merge":
                    x.merge_fetched()
                else:
                    x.push(r)
                self.tips.add(x.tip)
        return rounds

    # ---- properties
    def bad(self, p, why):
        self.fail.append((p, why))

    def algebra(self):
        rng = self.rng
        states = [c.state for c in self.board.commits.values()]
        for _ in range(3):
            a, b, c = (rng.choice(states) for _ in range(3))
            if (
                rng.random() < 0.3 and b
            ):  # a copied replica: same stamps, same event names, other contents
                b = {
                    r: m.Record(
                        s.created,
                        {
                            k: (t, m.compact(v) + "'" if rng.random() < 0.3 else v)
                            for k, (t, v) in s.fields.items()
                        },
                        {
                            i: ({**e, "type": "other"} if rng.random() < 0.2 else e)
                            for i, e in s.events.items()
                        },
                    )
                    for r, s in b.items()
                }
            ab, ba = join(a, b), join(b, a)
            l, r = join(ab, c), join(a, join(b, c))
            if (
                digest(ab) != digest(ba)
                or digest(l) != digest(r)
                or digest(join(a, a)) != digest(a)
                or digest(join(ab, b)) != digest(ab)
                or find_conflicts(l) != find_conflicts(r)
                or find_conflicts(ab) != find_conflicts(ba)
            ):
                self.bad("P1", "")

    def properties(self, tip):
        """Everything that must hold of one commit's meaning.

        Judged by the true causality of the commits in its past.
        """
        b, top = self.board, self.board[tip]
        state, commits = top.state, [c for c in self.board.commits.values() if c.bit & top.past]
        where = {e["id"]: c for c in commits for e in c.events}  # event -> the commit that wrote it
        after = lambda i, j: bool(where[i].past & where[j].bit) and i != j
        for c in commits:  # P3
            for e in c.events:
                kept = state[e["subject"]].events if e["subject"] in state else {}
                if kept.get(e["id"]) != e and not (self.spoof and e in kept.values()):
                    self.bad("P3", e["id"])
        if "EVIL" in m.compact([(s.fields, s.events) for s in state.values()]):
            self.bad("P10", "hostile value won")
        claims = collections.defaultdict(set)
        for c in commits:
            for e in c.events:
                if "lease" in e["writes"]:
                    claims[e["subject"], e["writes"]["lease"]["fence"]].add(c.id)
        for k, v in claims.items():
            if len(v) > 1:
                self.bad("P6", f"two claims of {k}")
        if self.spoof:
            return
        for name, s in state.items():
            wrote = lambda key: [e for e in s.events.values() if key in e["writes"]]
            stamp = lambda e, key: where[e["id"]].state[name].stamp(key)
            landings = [e for e in s.events.values() if e["type"] == "landed"]
            for e in landings:  # P8
                k = [k for k in e["writes"] if k.startswith("landed/")][0]
                if s.get(k) != e["writes"][k]:
                    self.bad("P8", "landing lost")
            real = {}
            for key, (st, val) in s.fields.items():
                ws = wrote(key)
                win = [e for e in ws if (e["lamport"], e["replica"]) == st[4:]]
                if len(win) != 1 or win[0]["writes"][key] != val:
                    self.bad("P7", f"{name} {key} is not what one event wrote")
                    continue
                w = win[0]
                for group in (ws, [e for e in ws if e["actor"] == "human"]):
                    tops = [
                        e["id"] for e in group if not any(after(f["id"], e["id"]) for f in group)
                    ]
                    if len(tops) > 1:
                        real[key] = sorted({*tops, *real.get(key, ())})
                if key == "status":
                    if s.status()["state"] != "done" and any(
                        not after(w["id"], l["id"]) for l in landings
                    ):
                        self.bad("P8", "state contradicts a landing it did not see")
                    if s.status() != val:
                        continue  # a landing decides
                land = [
                    l for l in landings if key == "status" and (l is w or after(w["id"], l["id"]))
                ]
                people = [
                    d
                    for d in ws
                    if d["actor"] == "human" and all(after(d["id"], l["id"]) for l in land)
                ]
                if (
                    w["actor"] != "human"
                ):  # P4; a landing is a fact, and beats decisions that had not seen it
                    for d in people:
                        if not after(w["id"], d["id"]):
                            if any(
                                after(w["id"], x["id"]) and stamp(x, key) > stamp(d, key)
                                for x in people
                                if x is not d
                            ):
                                self.info["decision lost to one that the automation had seen"] += 1
                            else:
                                self.bad("P4", f"{name} {key}")
                    if w["actor"] == "executor" and any(
                        x["actor"] == "executor"
                        and x["fence"] > w["fence"]
                        and all(after(x["id"], l["id"]) for l in land)
                        for x in ws
                    ):
                        self.bad("P5", f"{name} {key}")
            if s.conflicts() != real:
                self.bad("P9", f"{name} {s.conflicts()} {real}")
            d = s.get("deleted")  # P12
            if d:
                e = [
                    e
                    for e in wrote("deleted")
                    if (e["lamport"], e["replica"]) == s.stamp("deleted")[4:]
                ][0]
                others = [
                    o for o in s.events.values() if o is not e and not after(e["id"], o["id"])
                ]
                survive = [
                    o
                    for o in others
                    if any(
                        s.stamp(k)[4:] == (o["lamport"], o["replica"])
                        for k in o["writes"]
                        if k != "deleted"
                    )
                ]
                if s.hidden() == bool(survive):
                    self.bad("P12", f"{name} hidden={s.hidden()}")
            if digest({name: from_disk(to_disk(name, s), s.events)}) != digest({name: s}):
                self.bad("P13", name)

    def run(self):
        for _ in range(self.rng.randint(40, 200)):
            self.op()
        self.algebra()
        merges = [c.id for c in self.board.commits.values() if len(c.parents) == 2]
        for cid in self.rng.sample(merges, min(2, len(merges))):
            self.properties(cid)
        self.rounds = self.heal()
        tip = self.remotes[0].tip
        before = len(self.board.commits)
        for x in self.reps:  # idle syncs make nothing new
            for r in x.remotes:
                x.fetch(r), x.merge_fetched(), x.push(r)
        if (
            len(self.board.commits) != before
            or len({digest(x.state) for x in self.reps}) > 1
            or len({x.tip for x in self.reps}) > 1
        ):
            self.bad("P2", "states differ")
        for t in self.tips:
            if not self.board.has(tip, t):
                self.bad("P3", "a tip is not in the head's past")
        for name, cid in self.won:
            if not self.board.has(tip, cid):
                self.bad("P6", "believed won, was not")
        for name, cid in self.lost:
            if self.board.has(tip, cid):
                self.bad("P6", "believed lost, was won")
        if (
            self.hostile and self.seed % 4 == 0
        ):  # another clone, another order of arrival: the same meaning
            again, todo = Board(), [c for c in self.board.commits.values() if c.parents]
            while todo:
                c = self.rng.choice([c for c in todo if all(p in again.commits for p in c.parents)])
                todo.remove(c)
                again.add(c.parents, c.sent, c.replica, c.tree)
            if any(
                i not in again.commits or digest(again[i].state) != digest(c.state)
                for i, c in self.board.commits.items()
            ):
                self.bad("P10", "the meaning of a commit depends on the order of arrival")
        self.properties(tip)
        final = self.board[tip].state
        for name, keys in self.unknown.items():
            for k in keys:
                if (
                    name in final
                    and k not in final[name].fields
                    and any(k in e["writes"] for e in final[name].events.values())
                ):
                    self.bad("P11", k)
        if self.hostile and final:  # P10: an honest write on top still wins, everywhere
            name, x = sorted(self.attacked or final)[0], self.rng.choice(self.reps)
            if name in final and final[name].status():
                x.write({name: {"title": "after", "deleted": None}})
                self.heal()
                if any(y.state[name].get("title") != "after" for y in self.reps):
                    self.bad("P10", "an honest write is blocked")
        self.info["conflicts"] += sum(len(c) for c in find_conflicts(final).values())
        for c in self.board.commits.values():
            self.info["commits"] += 1
            self.info["merges"] += len(c.parents) == 2
            self.info["void"] += c.void
            for e in c.events:
                self.info["event " + e["type"]] += 1
        return self


def one(arg):
    seed, off = arg
    for r in off:
        m.RULES[r] = False
    try:
        h = History(seed).run()
        return seed, h.fail, h.info, h.rounds, (len(h.remotes), h.serial)
    except Exception as err:  # a crash of the model is a failure, too
        return seed, [("P0", repr(err))], collections.Counter(), 0, None


def main():
    args, off = sys.argv[1:], []
    if "--off" in args:
        i = args.index("--off")
        off = args[i + 1].split(",")
        del args[i : i + 2]
    if "--replay" in args:
        for r in off:
            m.RULES[r] = False
        h = History(int(args[args.index("--replay") + 1])).run()
        print(h.fail, h.rounds)
        return
    n, first = int(args[0]) if args else 1000, int(args[1]) if len(args) > 1 else 1
    count, seeds, info = collections.Counter(), {}, collections.Counter()
    rounds = collections.defaultdict(collections.Counter)
    for seed, fail, inf, rnd, rem in map(one, ((s, off) for s in range(first, first + n))):
        for p in {p for p, _ in fail}:
            count[p] += 1
            seeds.setdefault(p, []).append((seed, [w for q, w in fail if q == p][0]))
        info.update(inf)
        if rem:
            rounds[rem][rnd] += 1
    print(f"seeds {first}..{first + n - 1}   rules off: {', '.join(off) or 'none'}")
    for p in ["P0", *PROPS]:
        if p != "P0" or count[p]:
            result = f"{count[p]} histories FAIL" if count[p] else "ok"
            examples = sorted(seeds.get(p, []))[:3] or ""
            print(f"{p:4} {PROPS.get(p, 'model crashed'):55} {result}  {examples}".rstrip())
    for (remotes, serial), c in sorted(rounds.items()):
        how = "one after another" if serial else "interleaved"
        print(f"rounds to heal, {remotes} remote(s), syncs {how}: {dict(sorted(c.items()))}")
    print(dict(sorted(info.items())))
    sys.exit(bool(count))


if __name__ == "__main__":
    main()
