#!/usr/bin/env python3
"""Takes the guards of the engine away, one at a time, and asks the simulated worlds to find each.

Works in a folder of its own, so the repository is left alone; CARGO_TARGET_DIR says where to build (by default in that
folder, which compiles everything once). Prints a line for each mutant: a world that ends wrong, and how. The world that is
listed here is played first; a change of the engine may turn its history, and then another one is looked for. A mutant that no
world finds, or whose text is no longer in the source, is a failure.

    python3 tests/mutants.py FOLDER [SEEDS] [NAME..]
"""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
STORE, ENGINE = "src/store/deliveries", "src/approvals/engine"

# Name, file, what stands there, what stands there instead, and the first world that was found to end wrong with it.
MUTANTS = [
    ("an intent for a row that does not wait", f"{STORE}/commit.rs", '" and state = 0 and not exists (select 1 from suppression s', '" and not exists (select 1 from suppression s', 40),
    ("an intent for somebody who wants no more", f"{STORE}/commit.rs", "where s.tenant_id = $5 and s.contact_no = delivery.contact_no", "where s.tenant_id = $5 and s.contact_no = delivery.contact_no and 1 = 0", 15),
    ("an intent under another's shard", f"{STORE}/commit.rs", "and owner = $3 and epoch = $4 and ", "and ($3 = $3 or $4 = $4) and ", 747),
    ("an intent after a stop", f"{STORE}/commit.rs", "other => Grip::Halted(other)", "_ => Grip::Held", 15),
    ("an outcome of any try", f"{STORE}/outcomes.rs", '" and attempt = o_attempt and epoch = o_epoch\n', '" and o_attempt > 0 and o_epoch > 0\n', 1480),
    ("an outcome of another daemon's try", f"{STORE}/outcomes.rs", '" and attempt = o_attempt and epoch = o_epoch\n', '" and attempt = o_attempt and o_epoch > 0\n', 1480),
    ("an outcome for a row that is settled", f"{STORE}/outcomes.rs", "and (state in (1, 3) or", "and (state <> 0 or", 148),
    ("a takeover that sends again", f"{STORE}/shards.rs", '"update delivery set state = 3, updated_at = $4', '"update delivery set state = 0, updated_at = $4', 55),
    ("a takeover that sees only rows ahead", f"{STORE}/shards.rs", ".bind(execution).bind(shard.low_seq).bind(shard.next_seq)", ".bind(execution).bind(shard.next_seq).bind(shard.next_seq)", 43),
    ("a shard closed before its retries", f"{STORE}/shards.rs", "where q.execution_id = $1 and q.seq >= shard.seq_from and q.seq < shard.seq_to)\n            and not exists", "where q.execution_id = $1 and q.seq < 0)\n            and not exists", 27),
    ("a doubt taken for a refusal", f"{ENGINE}/sender.rs", "SendOutcome::Unknown { why } => Settled::Unknown { why },", "SendOutcome::Unknown { why } => Settled::NotSent { retry_at: now, why },", 132),
    ("a commit in doubt taken for done", f"{ENGINE}/turn.rs", "Err(e) => self.in_doubt(e, &wanted),", "Err(_) => {\n                let mut wanted = wanted;\n                for part in std::mem::take(&mut wanted.parts) {\n                    for seq in part.intents {\n                        let slot = Arc::clone(&self.engine.slots).try_acquire_owned();\n                        let (Some(row), Ok(slot)) = (wanted.rows.remove(&seq), slot) else { continue };\n                        let attempt = row.attempt + 1;\n                        self.begin(row, (attempt, part.epoch), begun + self.engine.lease, slot);\n                    }\n                }\n            }", 4),
    ("a shard given back with requests on their way", f"{ENGINE}/shards.rs", "self.aloft_in(lease).is_none() && !waits", "self.aloft_in(lease).is_none() || waits || true", 579),
    ("an end while something is on its way", "src/approvals/execute.rs", "if tally.sending > 0 || (execution.desired == Desired::Run && tally.queued + tally.not_sent > 0) {", "if execution.desired == Desired::Run && tally.queued + tally.not_sent > 0 {", 43),
    ("an end while something is in doubt", "src/approvals/execute.rs", "    if tally.unknown > 0 {\n        let waited", "    if tally.unknown > u64::MAX - 1 {\n        let waited", 11),
    ("a status that goes backwards", f"{STORE}/statuses.rs", 'progress = case when o_rank > ",', 'progress = case when 9 > ",', 7),
    ("tokens that are never used up", f"{STORE}/rate.rs", "(bucket, level - granted, at)", "(bucket, level.max(granted), at)", 124),
    ("rows put off above the mark", f"{ENGINE}/turn.rs", "part.next_seq = held.next_seq();", "part.next_seq = held.loaded_to;", 15),
]


def play(binary: str, tree: Path, env: dict[str, str], world: int) -> tuple[re.Match[str] | None, str]:
    """Plays the known world, then all until one ends wrong; gives that line, and the last lines that were printed."""
    found, last = watch(binary, tree, {**env, "SIMULATION_SEED": str(world)})
    return (found, last) if found else watch(binary, tree, env)


def watch(binary: str, tree: Path, env: dict[str, str]) -> tuple[re.Match[str] | None, str]:
    command = [binary, "simulation::worlds", "--test-threads", "2", "--nocapture"]
    last: list[str] = []
    with subprocess.Popen(command, cwd=tree, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as worlds:
        for line in worlds.stdout or []:
            last = [*last[-5:], line]
            if found := re.search(r"SIMULATION_SEED=(\d+): (.*)", line):
                worlds.kill()
                return found, line
    return None, "".join(last)


def main() -> int:
    folder = Path(sys.argv[1]).resolve()
    seeds = sys.argv[2] if len(sys.argv) > 2 else "2000"
    wanted = sys.argv[3:]
    target = os.environ.get("CARGO_TARGET_DIR", str(folder / "target"))
    env = {**os.environ, "CARGO_TARGET_DIR": target, "SIMULATION_SEEDS": seeds, "RUST_BACKTRACE": "0"}
    failures = []
    for name, file, old, new, world in MUTANTS:
        if wanted and not any(word in name for word in wanted):
            continue
        tree = folder / "tree"
        shutil.rmtree(tree, ignore_errors=True)
        tree.mkdir(parents=True)
        listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, check=True, capture_output=True).stdout.decode()
        for path in filter(None, listed.split("\0")):
            if (ROOT / path).is_file():
                (tree / path).parent.mkdir(parents=True, exist_ok=True)
                # With its times, so that only what differs is compiled.
                shutil.copy2(ROOT / path, tree / path)
        source = (tree / file).read_text()
        if source.count(old) != 1:
            failures.append(f"{name}: its text stands {source.count(old)} times in {file}")
            print(f"?? {failures[-1]}", flush=True)
            continue
        (tree / file).write_text(source.replace(old, new))
        built = subprocess.run(
            ["cargo", "test", "--test", "all", "--no-run", "--message-format", "short"],
            cwd=tree, env=env, capture_output=True, text=True,
        )
        binary = re.search(r"\(([^)]*/deps/all-[^)]*)\)", built.stderr)
        if built.returncode != 0 or binary is None:
            failures.append(f"{name}: does not build\n{built.stderr[-2000:]}")
            print(f"?? {failures[-1]}", flush=True)
            continue
        found, told = play(binary.group(1), tree, env, world)
        if found:
            print(f"{name} | {found.group(1)} | {found.group(2)[:160]}", flush=True)
        else:
            failures.append(f"{name}: no world of {seeds} ends wrong")
            print(f"!! {failures[-1]}\n{told}", flush=True)
    print(f"{len(failures)} not found" if failures else "all found")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
