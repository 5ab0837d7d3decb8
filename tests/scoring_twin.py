"""The whole evaluation a second time: slow, row by row, in plain Python, written from OKR.md §2-4.

It shares no code with `sync.core.scoring` and `sync.core.rollup`; only the Portfolio's frames are the same.
Missing is None. Sums are exact (`math.fsum`).
"""

# ruff: noqa: C901, PLR0911, PLW2901  # a paragraph of the specification is one function; rows fill up in place

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from typing import Any

import pandas as pd

from sync.core.policy import Checks, Scoring
from sync.core.portfolio import Portfolio

Row = dict[str, Any]
HELD = ("At least", "At most", "Between")
WEAKEST = ("Missed", "Off track", "Outdated", "No data", "At risk", "Not started", "On track", "Done")


class Twin:
    """The scores of a portfolio: lists of rows with the figures' names."""

    def __init__(self, p: Portfolio, scoring: Scoring, checks: Checks, as_of: date) -> None:
        self.scoring, self.checks, self.today = scoring, checks, as_of
        self.units, self.objectives, self.krs = rows(p.units), rows(p.objectives), rows(p.key_results)
        self.edges = [e for e in rows(p.alignments) if e["state"] == "ok"]
        self.sources = rows(p.sources)
        self.log: dict[int, list[Row]] = {key: [] for key in range(len(self.krs))}
        for row in rows(p.check_ins):
            if row["kr_key"] >= 0 and row["date"] is not None and row["date"] <= as_of:
                self.log[row["kr_key"]].append(row)
        for entries in self.log.values():
            entries.sort(key=lambda row: (row["date"], row["row"]))
        for key, kr in enumerate(self.krs):
            kr |= self.measure(key, kr)
        self.weigh()
        for key, objective in enumerate(self.objectives):
            objective["done_yet"] = False
            objective["key"] = key
        for objective in self.objectives:
            self.climb(objective)
        for key, kr in enumerate(self.krs):
            kr |= self.judge(key, kr)
        for objective in self.objectives:
            objective |= self.judge_objective(objective)
        for key, unit in enumerate(self.units):
            unit["key"] = key
            unit |= self.own(key)
        for unit in self.units:
            self.roll(unit)
        for unit in self.units:
            unit |= self.count(unit)

    # --- key results ---

    def said(self, key: int, kr: Row, name: str, log_name: str) -> tuple[Row | None, str]:
        """The check-in row that counts for a field (None: the own row), and the own row's date."""
        entries = [row for row in self.log[key] if row[f"{log_name}"] not in ("", None)]
        own_date = kr["last_check_in"] or kr["value_seen"]
        if own_date is not None and own_date > self.today:
            own_date = None
        if not entries:
            return None, own_date
        if kr[name] in ("", None) or own_date is None or entries[-1]["date"] > own_date:
            return entries[-1], own_date
        return None, own_date

    def measure(self, key: int, kr: Row) -> Row:
        future = kr["last_check_in"] is not None and kr["last_check_in"] > self.today
        current = kr | {"current_was": "" if future else kr["current_was"]}
        row, own_date = self.said(key, current, "current_was", "value_was")
        if row is not None:
            value, was, raw, on = row["value"], row["value_was"], row["value_raw"], row["date"]
        else:
            value, was, raw, on = kr["current"], current["current_was"], kr["current_raw"], own_date
        if was == "" or kr["measure"] == "Contributors":
            value, was, raw, on = None, "", "", None
        confident, _ = self.said(key, kr, "confidence_was", "confidence_was")
        source = confident or kr
        number = source["confidence"] if source["confidence_was"] == "number" else None
        worded, _ = self.said(key, kr, "status_typed", "status")
        p = self.progress(key, kr, value, was, raw) if kr["active"] else None
        if p is not None and not math.isfinite(p):
            p = None
        kpi = kr["measure"] == "KPI"
        score = None if p is None or kpi else min(max(p, 0.0), 1.0)
        scorable = bool(kr["active"]) and not kpi and self.definable(kr)
        return {
            "value": value,
            "was": was,
            "value_date": on,
            "progress": p,
            "score": score,
            "scorable": scorable,
            "as_if_zero": (score or 0.0) if scorable else None,
            "confidence": number if number is not None and 0 <= number <= 10 else None,
            "said": worded["status"] if worded is not None else kr["status_typed"],
            "expected": self.expected(kr) if kr["active"] and not kpi else None,
        }

    def definable(self, kr: Row) -> bool:
        """Whether a score is only a matter of the value and of readable cells."""
        start, target = kr["start_was"], kr["target_was"]
        errors = "error" in (start, target)
        match kr["measure"]:
            case "Increase" | "Decrease":
                mixed = _mixed((kr["start"], start), (kr["target"], target))
                given = bool(start and target)
                return target == "error" or (
                    bool(target) and (errors or (given and (mixed or kr["start"] != kr["target"])))
                )
            case "At least" | "At most":
                return bool(target)
            case "Between":
                if start == "error":
                    return True
                if not start:
                    return False
                if target == "error":
                    return True
                mixed = _mixed((kr["start"], start), (kr["target"], target))
                return bool(target) and (mixed or kr["start"] <= kr["target"])
            case "Milestone":
                return self.stages(kr["milestones"]) is not None
            case "Yes/No" | "Contributors":
                return True
            case _:
                return errors

    def progress(self, key: int, kr: Row, value: float | None, was: str, raw: str) -> float | None:
        match kr["measure"]:
            case "Increase" | "Decrease":
                return self.linear(kr, value, was)
            case "At least" | "At most":
                return self.level(kr, value, was)
            case "Between":
                return self.between(key, kr)
            case "Milestone":
                return self.milestone(kr, value, was, raw)
            case "Yes/No":
                return float(value) if was in ("bool", "number", "percent") and value in (0, 1) else None
            case "KPI":
                if not _number(was) or not _number(kr["start_was"]) or not _number(kr["target_was"]):
                    return None
                if _mixed((value, was), (kr["start"], kr["start_was"]), (kr["target"], kr["target_was"])):
                    return None
                if kr["start"] > kr["target"]:
                    return None
                return float(kr["start"] <= value <= kr["target"])
            case _:
                return None

    def linear(self, kr: Row, value: float | None, was: str) -> float | None:
        if not (_number(was) and _number(kr["start_was"]) and _number(kr["target_was"])):
            return None
        assert value is not None
        if _mixed((value, was), (kr["start"], kr["start_was"]), (kr["target"], kr["target_was"])):
            return None
        if kr["start"] == kr["target"]:
            return None
        return float((value - kr["start"]) / (kr["target"] - kr["start"]))

    def level(self, kr: Row, value: float | None, was: str) -> float | None:
        target, least = kr["target"], kr["measure"] == "At least"
        if not (_number(was) and _number(kr["target_was"])) or _mixed(
            (value, was), (target, kr["target_was"])
        ):
            return None
        assert value is not None
        if target > 0:
            return float(value / target if least else 2 - value / target)
        if (value >= target) if least else (value <= target):
            return 1.0
        start = kr["start"]
        if kr["start_was"] == "error" or (
            start is not None and _mixed((start, kr["start_was"]), (value, was), (target, kr["target_was"]))
        ):
            return None
        if start is None or ((start >= target) if least else (start <= target)):
            return 0.0
        return float((value - start) / (target - start))

    def between(self, key: int, kr: Row) -> float | None:
        inside = [
            row for row in self.log[key] if row["value_was"] and kr["starts"] <= row["date"] <= kr["due"]
        ]
        values = list({row["date"]: (row["value"], row["value_was"]) for row in inside}.values())
        typed = kr["last_check_in"]
        newest = max((row["date"] for row in inside), default=None)
        if typed is None:
            counts = newest is None
        else:
            counts = kr["starts"] <= typed <= min(kr["due"], self.today) and (
                newest is None or typed > newest
            )
        if kr["current_was"] and counts:
            values.append((kr["current"], kr["current_was"]))
        bounds = ((kr["start"], kr["start_was"]), (kr["target"], kr["target_was"]))
        if not values or not all(_number(was) for _, was in (*values, *bounds)):
            return None
        if any(_mixed(value, *bounds) for value in values) or kr["start"] > kr["target"]:
            return None
        return float(sum(kr["start"] <= value <= kr["target"] for value, _ in values) / len(values))

    def stages(self, text: str) -> list[tuple[str, float]] | None:
        """(name, share) of each stage; the random portfolios write weights as whole percents."""
        parts = [part.strip() for part in text.split(";") if part.strip()]
        weights = [part.rpartition(" ")[2] for part in parts]
        given = [weight for weight in weights if weight.endswith("%")]
        if not parts or (given and (len(given) < len(parts) or sum(int(w[:-1]) for w in given) != 100)):
            return None
        if not given:
            return [(part.lower(), 1 / len(parts)) for part in parts]
        return [
            (part.rpartition(" ")[0].lower(), int(w[:-1]) / 100)
            for part, w in zip(parts, weights, strict=True)
        ]

    def milestone(self, kr: Row, value: float | None, was: str, raw: str) -> float | None:
        stages = self.stages(kr["milestones"])
        if stages is None:
            return None
        if was == "percent":
            return value
        if was == "number":
            whole = value is not None and value == int(value) and 0 <= value <= len(stages)
            return math.fsum(share for _, share in stages[: int(value or 0)]) if whole else None
        names = [name for name, _ in stages]
        if was in ("text", "bool") and names.count(raw.lower()) == 1:
            return math.fsum(share for _, share in stages[: names.index(raw.lower()) + 1])
        return None

    def expected(self, kr: Row) -> float:
        length, elapsed = (kr["due"] - kr["starts"]).days, (self.today - kr["starts"]).days
        if length <= 0:
            return float(self.today >= kr["due"])
        return float(min(max(elapsed / length, 0.0), 1.0))

    def end(self, kr: Row) -> date:
        end: date = min(kr["due"], self.units[kr["unit_key"]]["ends"])
        return end

    def is_done(self, kr: Row) -> bool:
        whole = kr["score"] is not None and kr["score"] >= 1
        if kr["measure"] == "Contributors":
            return whole and kr["all_done"]
        return whole and (kr["measure"] not in HELD or self.today >= self.end(kr))

    def judge(self, key: int, kr: Row) -> Row:
        checked = [d for d in (kr["last_check_in"], kr["changed_on"]) if d is not None and d <= self.today]
        checked += [row["date"] for row in self.log[key]]
        newest = max(checked, default=None)
        before_end = self.today < self.end(kr)
        gap = None
        if kr["score"] is not None:
            gap = kr["expected"] - kr["score"]
            if before_end and kr["measure"] in HELD and kr["score"] < 1:
                gap = 1 - kr["score"]
            if before_end and kr["measure"] == "Yes/No":
                gap = None
        status = self.status(kr, gap, newest)
        opens, due = self.period()
        owing = kr["active"] and not kr["gone"] and kr["measure"] not in ("Contributors", "KPI")
        return {
            "gap": gap,
            "status": status,
            "grade": self.grade(kr["score"], kr["ambition"], self.units[kr["unit_key"]]["ends"]),
            "checked_on": newest,
            "checked_in_period": newest is not None and newest >= opens,
            "check_in_due": bool(
                owing
                and kr["starts"] <= min(self.today, due)
                and self.today <= self.end(kr)
                and status != "Done"
            ),
        }

    def status(self, kr: Row, gap: float | None, newest: date | None) -> str:
        objective = self.objectives[kr["objective_key"]] if kr["objective_key"] >= 0 else {"status_typed": ""}
        typed = (kr["status_typed"], objective["status_typed"])
        for word in ("Dropped", "Paused"):
            if word in typed:
                return word
        if not kr["active"]:
            return "No data"
        kpi, contributors = kr["measure"] == "KPI", kr["measure"] == "Contributors"
        if self.is_done(kr):
            return "Done"
        if self.today > self.end(kr) and not kpi:
            return "Missed"
        if (kr["score"] is None) if contributors else (kr["was"] == ""):
            early = (self.today - kr["starts"]).days < self.scoring.not_started_days
            return "Not started" if early else "No data"
        heard = max(newest or kr["starts"], kr["starts"])
        silent = (self.today - heard).days > self.scoring.outdated_days
        if silent and not contributors and self.today <= self.end(kr):
            return "Outdated"
        if kr["said"] in ("On track", "At risk", "Off track"):
            return str(kr["said"])
        if kpi:
            return {1.0: "On track", 0.0: "Off track", None: "No data"}[kr["progress"]]
        if kr["measure"] == "Yes/No" and self.today < self.end(kr):
            sure = kr["confidence"]
            if sure is None:
                return "No data"
            return "Off track" if sure < 4 else "At risk" if sure < 8 else "On track"
        return self.band(gap)

    def band(self, gap: float | None) -> str:
        if gap is None:
            return "No data"
        gap = round(gap, 9)
        if gap <= self.scoring.on_track_gap:
            return "On track"
        return "At risk" if gap <= self.scoring.at_risk_gap else "Off track"

    def grade(self, score: float | None, ambition: str, ends: date) -> str:
        if score is None or self.today < ends:
            return ""
        bands = self.scoring.committed_bands if ambition == "Committed" else self.scoring.aspirational_bands
        score = round(score, 9)
        return "red" if score < bands[0] else "amber" if score < bands[1] else "green"

    def period(self) -> tuple[date, date]:
        due = self.today + timedelta(days=6)
        window = timedelta(days=self.checks.check_in_window_days)
        while due.weekday() != self.checks.check_in_due_weekday or due - window > self.today:
            due -= timedelta(days=1)
        return due - window, due

    # --- objectives ---

    def weigh(self) -> None:
        """`w` of every row: a number, or None when its group cannot be weighted."""
        for table, group in ((self.krs, "objective_key"), (self.objectives, "unit_key")):
            groups: dict[int, list[Row]] = {}
            for row in table:
                row["w"] = 0.0
                if row["active"] and row.get("measure") != "KPI" and row[group] >= 0:
                    groups.setdefault(row[group], []).append(row)
            for members in groups.values():
                here = [row for row in members if not row["gone"]] or members
                shared = _shared(here)
                for row, weight in zip(here, shared, strict=True):
                    row["w"] = weight
                for row in members:
                    if not any(row is other for other in here):
                        row["w"] = None if None in shared else _left_over(row, here)
        for row in (*self.objectives, *self.units):
            fine = row["weight_was"] in ("number", "percent") and row["weight"] >= 0
            row["alone"] = 1.0 if row["weight_was"] == "" else row["weight"] if fine else None

    def children(self, target: str, key: int) -> list[Row]:
        found = sorted(
            {e["child_key"] for e in self.edges if e["target"] == target and e["target_key"] == key}
        )
        return [self.objectives[child] for child in found if self.objectives[child]["active"]]

    def climb(self, objective: Row) -> Row:
        if objective["done_yet"]:
            return objective
        objective["done_yet"] = True
        empty = {
            "score": None,
            "as_if_zero": None,
            "expected": None,
            "confidence": None,
            "basis": "",
            "whole": False,
        }
        objective |= empty
        if not objective["active"]:
            return objective
        own = [
            kr
            for kr in self.krs
            if kr["objective_key"] == objective["key"] and kr["active"] and kr["measure"] != "KPI"
        ]
        for key, kr in enumerate(self.krs):
            if kr["measure"] == "Contributors" and any(kr is mine for mine in own):
                members = [(c["alone"], self.climb(c)) for c in self.children("key_result", key)]
                if members:
                    kr["score"] = kr["progress"] = _mean(members, "score")
                    kr["as_if_zero"] = _mean(members, "as_if_zero") or 0.0
                    kr["all_done"] = all(c["whole"] for w, c in members if w and c["score"] is not None)
        for kr in own:
            kr["whole"] = self.is_done(kr)
        mine = [(kr["w"], kr) for kr in own]
        theirs = [
            (child["alone"], self.climb(child)) for child in self.children("objective", objective["key"])
        ]
        basis = str(self.scoring.roll_up) if theirs else "own"
        if basis == "own-then-contributors":
            counted = any(kr["score"] is not None and w != 0 for w, kr in mine)
            basis = "own" if counted else "contributors"
        members = {"own": mine, "contributors": theirs, "pooled": mine + theirs}[basis]
        broken = basis != "contributors" and any(w is None for w, _ in mine)
        score = None if broken else _mean(members, "score")
        confidence = None if broken else _mean(members, "confidence")
        if confidence is None and not any(w is None for w, _ in mine):
            confidence = _mean(mine, "confidence")
        objective["confidence"] = confidence
        objective["as_if_zero"] = 0.0
        if score is not None:
            scored = [(w, m) for w, m in members if m["score"] is not None]
            objective |= {
                "score": score,
                "as_if_zero": _mean(members, "as_if_zero"),
                "expected": _mean(scored, "expected"),
                "basis": basis,
                "whole": score >= 1 and all(m["whole"] for w, m in scored if w),
            }
        return objective

    def judge_objective(self, objective: Row) -> Row:
        mine = [kr for kr in self.krs if kr["objective_key"] == objective["key"] and kr["active"]]
        statuses = [kr["status"] for kr in mine if kr["measure"] != "KPI"]
        unit = self.units[objective["unit_key"]]
        status = self.overall(objective, unit["starts"])
        if not objective["active"]:
            typed = objective["status_typed"]
            status = typed if typed in ("Paused", "Dropped") else "No data"
        return {
            "gap": _less(objective["expected"], objective["score"]),
            "status": status,
            "weakest_status": min(statuses, key=WEAKEST.index, default=""),
            "grade": self.grade(objective["score"], objective["ambition"], unit["ends"]),
            "scored_krs": sum(kr["score"] is not None for kr in mine),
            "scorable_krs": sum(kr["scorable"] for kr in mine),
        }

    def overall(self, row: Row, starts: date) -> str:
        if row["score"] is None:
            early = (self.today - starts).days < self.scoring.not_started_days
            return "Not started" if early else "No data"
        return "Done" if row["whole"] else self.band(row["expected"] - row["score"])

    # --- units ---

    def own(self, key: int) -> Row:
        mine = [(o["w"], o) for o in self.objectives if o["unit_key"] == key and o["active"]]
        broken = any(w is None for w, _ in mine)
        members = [] if broken else mine
        score = _mean(members, "score")
        scored = [(w, o) for w, o in members if o["score"] is not None]
        return {
            "score": score,
            "as_if_zero": _mean(members, "as_if_zero") if not broken else 0.0,
            "expected": _mean(scored, "expected"),
            "confidence": _mean(members, "confidence"),
            "whole": score is not None and all(o["whole"] for w, o in scored if w),
        }

    def roll(self, unit: Row) -> Row:
        if "rolled" not in unit:
            members = [
                (
                    1.0,
                    {name: unit[name] for name in ("score", "as_if_zero", "expected", "confidence", "whole")},
                )
            ]
            members += [(c["alone"], self.roll(c)) for c in self.units if c["parent_key"] == unit["key"]]
            scored = [(w, m) for w, m in members if m["score"] is not None]
            score = _mean(members, "score")
            unit["rolled"] = {
                "score": score,
                "as_if_zero": _mean(members, "as_if_zero"),
                "expected": _mean(scored, "expected"),
                "confidence": _mean(members, "confidence"),
                "whole": score is not None and score >= 1 and all(m["whole"] for w, m in scored if w),
            }
        rolled: Row = unit["rolled"]
        return rolled

    def below(self, unit: Row) -> Iterable[Row]:
        yield unit
        for child in self.units:
            if child["parent_key"] == unit["key"]:
                yield from self.below(child)

    def count(self, unit: Row) -> Row:
        inside = {u["key"] for u in self.below(unit)}
        krs = [kr for kr in self.krs if kr["unit_key"] in inside]
        objectives = [
            o for o in self.objectives
            if o["unit_key"] in inside and o["active"] and self.units[o["unit_key"]]["level"] != "Company"
        ]  # fmt: skip
        children = {e["child_key"] for e in self.edges}
        due = [kr for kr in krs if kr["check_in_due"]]
        counts = {
            "scored_krs": sum(kr["scorable"] and kr["score"] is not None for kr in krs),
            "scorable_krs": sum(kr["scorable"] for kr in krs),
            "aligned": sum(o["key"] in children for o in objectives),
            "alignable": len(objectives),
            "checked_krs": sum(kr["checked_in_period"] for kr in due),
            "due_krs": len(due),
            "stale_sources": sum(
                s["unit_key"] in inside and s["state"] in ("held", "stale") for s in self.sources
            ),
        }
        rolled = unit["rolled"]
        return counts | {
            "own_score": unit["score"],
            "own_as_if_zero": unit["as_if_zero"],
            "roll_up": rolled["score"],
            "roll_up_as_if_zero": rolled["as_if_zero"],
            "expected": rolled["expected"],
            "confidence": rolled["confidence"],
            "gap": _less(rolled["expected"], rolled["score"]),
            "status": self.overall(rolled, unit["starts"]),
            "grade": self.grade(rolled["score"], "Aspirational", unit["ends"]),
            "coverage": _share(counts["scored_krs"], counts["scorable_krs"]),
            "alignment": _share(counts["aligned"], counts["alignable"]),
            "check_in_rate": _share(counts["checked_krs"], counts["due_krs"]),
        }


def rows(frame: pd.DataFrame) -> list[Row]:
    """The rows of a frame as plain values, missing as None, dates as dates."""
    return [{str(name): _plain(value) for name, value in row.items()} for row in frame.to_dict("records")]


def _plain(value: Any) -> Any:
    if isinstance(value, pd.Timestamp):
        return value.date()
    return None if value is pd.NaT or (isinstance(value, float) and math.isnan(value)) else value


def _number(was: str) -> bool:
    return was in ("number", "percent")


def _mixed(*cells: tuple[float | None, str]) -> bool:
    kinds = {was for value, was in cells if was == "percent" or (was == "number" and value != 0)}
    return len(kinds) == 2


def _shared(members: list[Row]) -> list[float | None]:
    given = [row["weight_was"] != "" for row in members]
    if not any(given):
        return [1.0] * len(members)
    usable = all(_number(row["weight_was"]) and row["weight"] >= 0 for row in members if row["weight_was"])
    if not all(given) or not usable or _mixed(*((r["weight"], r["weight_was"]) for r in members)):
        return [None] * len(members)
    if not any(row["weight"] > 0 for row in members):
        return [None] * len(members)
    return [row["weight"] for row in members]


def _left_over(row: Row, here: list[Row]) -> float:
    """What a row that has gone from its sheet weighs beside those that are there."""
    if here[0]["weight_was"] == "":
        return 1.0
    if not _number(row["weight_was"]) or row["weight"] < 0:
        return 0.0
    percents = any(other["weight_was"] == "percent" for other in here)
    fits = row["weight"] == 0 or (row["weight_was"] == "percent") == percents
    return float(row["weight"]) if fits else 0.0


def _mean(members: Sequence[tuple[float | None, Row]], name: str) -> float | None:
    counted = [(w, row[name]) for w, row in members if w and row[name] is not None]
    if not counted:
        return None
    return math.fsum(w * x for w, x in counted) / math.fsum(w for w, _ in counted)


def _less(one: float | None, other: float | None) -> float | None:
    return None if one is None or other is None else one - other


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None
