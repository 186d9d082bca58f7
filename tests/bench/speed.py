#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""tools/bench speed: the same loads on evtcpd, on nginx over the kernel's TCP, on lwIP, and on a
prober that shows what the TUN device itself can do, in turn, on this machine.

See README.md for how each figure comes about. Exit status 0 when everything could be
measured, whatever the figures are.
"""

import argparse
import json
import os
import resource
import shutil
import statistics
import sys

import chart
import rig
import speed_loads as loads
import speed_servers as servers

# In memory, and the bench's own: what is mounted there nobody else sees, and it goes with it.
DIRECTORY = "/dev/shm"

USUAL_SERVERS = [servers.EVTCPD, servers.NGINX, servers.PROBER, servers.LWIP]

# What a program is called, and Debian's package that has it.
PACKAGES = {"nginx": "nginx", "curl": "curl", "wrk": "wrk", "ab": "apache2-utils"}

# A run was disturbed when others used so much of a processor, or the machine below, if there
# is one, kept so much of one for itself.
OTHERS_SHARE, STOLEN_SHARE = 0.1, 0.05

DESCRIPTORS = 8192  # at least, for a thousand connections and what else is open

# unit: what its rate is called and how it is made of units per second; what CPU time is told
# for, and how many units that is
UNITS = {
    "octets": ("Gbit/s", 8e-9, "MB", 1e6),
    "requests": ("req/s", 1, "req", 1),
    "connections": ("conn/s", 1, "conn", 1),
}

# ---- measuring -----------------------------------------------------------------


def others_share(found):
    """How much of a processor others have used meanwhile, as far as that can be told: what was
    spent outside the kernel and not by us. (What the kernel did for them looks like what it
    did for us.)"""
    ours = sum(found[name].user_us for name in ("server", "client", "bench"))
    return max(found["machine"].user_us - ours, 0) / 1e6 / found["window_seconds"]


def is_disturbed(found):
    stolen = found["machine"].waited_us / 1e6 / found["window_seconds"]
    return others_share(found) > OTHERS_SHARE or stolen > STOLEN_SHARE


def measure_once(options, load, server_name):
    settings = servers.Settings(options.build, options.evtcpd_program, options.evtcpd, DIRECTORY,
                                loads.LOADS[load].crowd)
    with rig.Started() as started:
        server = started.add(servers.start(server_name, settings))
        found = loads.LOADS[load].run(server, options.seconds, settings)
        found["told"] = server.figures()
    return found


def measure(options, load, server_name, run):
    """One run of a load on a server that was started for it; again if it was disturbed."""
    for attempt in range(1, options.tries + 1):
        found = measure_once(options, load, server_name)
        if not is_disturbed(found):
            break
    result = {"load": load, "server": server_name, "run": run, "attempt": attempt,
              "disturbed": is_disturbed(found), "others_share": others_share(found),
              **figures_of(found, loads.LOADS[load].unit)}
    say(f"{load:12} run {run + 1}: {server_name:12} {number(result['rate'])}"
        f" {UNITS[loads.LOADS[load].unit][0]}{', disturbed' if result['disturbed'] else ''}"
        f"{', %d errors' % result['errors'] if result['errors'] else ''}")
    return result


def figures_of(found, unit):
    """What is compared, and what it was made from."""
    _, factor, _, per = UNITS[unit]
    if found["count"] == 0:
        raise rig.RigError("nothing came")
    figures = {"rate": found["count"] / found["seconds"] * factor}
    figures.update({name: found[name] for name in TOLD if name in found})
    for side in ("server", "client", "machine"):
        figures[f"{side}_us"] = found[side].us / found["count"] * per
    if len(found.get("flows", ())) > 1:
        figures["jain"] = jain(found["flows"])
    raw = {name: value._asdict() if isinstance(value, servers.Cpu) else value
           for name, value in found.items()}
    return {**figures, "errors": found["errors"], "raw": raw}


def jain(flows):
    """Jain's index of fairness: 1 if all get the same, 1/n if one gets everything."""
    return sum(flows) ** 2 / (len(flows) * sum(flow ** 2 for flow in flows)) if any(flows) else 0


def compare(options):
    """Every load, every run, every server, in turn. The results, and whether all of it could be
    measured."""
    results, failed = [], False
    for load in options.load:
        for run in range(options.runs):
            first = run % len(options.server)  # not always the same one after the same one
            for server in options.server[first:] + options.server[:first]:
                if loads.LOADS[load].obstacle(server):
                    continue
                try:
                    results.append(measure(options, load, server, run))
                except (rig.RigError, OSError) as error:
                    say(f"bench: {load}, {server}: {error}")
                    failed = True
        print(table(results, load, options), flush=True)
    return results, failed


def say(text):
    print(text, file=sys.stderr, flush=True)


# ---- figures ---------------------------------------------------------------------

# Which a load tells itself; under what and by what name the table has them, and how written.
TOLD = {
    "p50_ms": ("latency, ms", "p50", "{:.3g}"),
    "p99_ms": ("latency, ms", "p99", "{:.3g}"),
    "p999_ms": ("latency, ms", "p99.9", "{:.3g}"),
    "kept": ("", "kept", "{:.2f}"),
    "rss_bytes": ("bytes/connection", "RSS", "{:.0f}"),
    "pss_bytes": ("bytes/connection", "PSS", "{:.0f}"),
    "counted_bytes": ("bytes/connection", "counted", "{:.0f}"),
    "kernel_bytes": ("bytes/connection", "kernel", "{:.0f}"),
}
FIGURES = ("rate", *TOLD, "server_us", "client_us", "machine_us", "jain")
BASES = {servers.NGINX: "nginx", servers.PROBER: "prober", servers.LWIP: "lwip"}
COMPARED = ("rate", "p50_ms", "p99_ms", "server_us", "client_us", "machine_us")


def summary(results, load):
    """For each server that was measured, in the order of its first run: of each figure median,
    least and most; its "ratios" to the others', of the medians; and whether it was disturbed,
    errors included."""
    rows = {}
    for name in dict.fromkeys(result["server"] for result in results if result["load"] == load):
        runs = [r for r in results if (r["load"], r["server"]) == (load, name)]
        rows[name] = {figure: spread([run[figure] for run in runs])
                      for figure in FIGURES if figure in runs[0]}
        rows[name].update(runs=len(runs), errors=sum(run["errors"] for run in runs),
                          disturbed=sum(run["disturbed"] for run in runs))
    for row in rows.values():
        row["ratios"] = {
            base: {figure: ratio(row[figure], rows[base][figure]) for figure in COMPARED
                   if figure in row and figure in rows[base]}
            for base in BASES if base in rows}
    return rows


def spread(values):
    return {"median": statistics.median(values), "min": min(values), "max": max(values)}


def ratio(a, b):
    return a["median"] / b["median"] if b["median"] else None


def number(value):
    """With as many digits as anyone believes."""
    return f"{value:.0f}" if value >= 1000 else f"{value:.3g}"


def cell(row, figure, text=None):
    if figure not in row:
        return "-"
    median = row[figure]["median"]
    return text.format(median) if text else number(median)


def times(row, base, figure):
    value = row["ratios"].get(base, {}).get(figure)
    return "-" if value is None else f"{value:.2f}"


def columns(rows, unit):
    """What the table has beside the rate: under what, by what name, and what stands there for
    each server."""
    rate, _, per, _ = UNITS[unit]

    def of_all(function, *arguments):
        return [function(row, *arguments) for row in rows.values()]

    found = [(top, name, of_all(cell, figure, text))
             for figure, (top, name, text) in TOLD.items()
             if any(figure in row for row in rows.values())]
    found += [(f"CPU, us/{per}", side, of_all(cell, f"{side}_us"))
              for side in ("server", "client", "machine")]
    found += [(f"{rate} x", base, of_all(times, base, "rate")) for base in BASES if base in rows]
    if servers.NGINX in rows:
        found.append(("CPU x", "nginx", of_all(times, servers.NGINX, "server_us")))
    if any("jain" in row for row in rows.values()):
        found.append(("", "Jain", of_all(cell, "jain", "{:.3f}")))
    return found


def laid_out(found):
    """Columns as lines: what each group stands under, names, and a line for each server."""
    top, lines = "", [""] * (1 + len(found[0][2]))
    for group in dict.fromkeys(over for over, _, _ in found):
        block = [""] * len(lines)
        for _, name, cells in (column for column in found if column[0] == group):
            width = max(5, *(len(text) for text in (name, *cells)))
            block = [f"{line} {text:>{width}}" for line, text in zip(block, (name, *cells))]
        width = max(len(block[0]), len(group) + 1)
        top += " " + group.rjust(width)
        lines = [f"{line} {text:>{width}}" for line, text in zip(lines, block)]
    return top, *lines


def remarks(row):
    return ((f"  {row['errors']} errors" if row["errors"] else "") +
            (f"  {row['disturbed']} of {row['runs']} disturbed" if row["disturbed"] else ""))


def table(results, load, options):
    """For people."""
    rows = summary(results, load)
    rate = UNITS[loads.LOADS[load].unit][0]
    missing = [f"{server:12}  not measured: {loads.LOADS[load].obstacle(server)}"
               for server in options.server if loads.LOADS[load].obstacle(server)]
    lines = ["", f"{load}: {loads.LOADS[load].about}; {options.seconds} s, of {options.runs} runs"
             " the median (least-most)"]
    if rows:
        top, names, *cells = laid_out(columns(rows, loads.LOADS[load].unit))
        lines += [f"{'':12}  {'':24}{top}", f"{'':12}  {rate:24}{names}"]
        lines += [f"{name:12}  {told(row['rate']):24}{text}{remarks(row)}"
                  for (name, row), text in zip(rows.items(), cells)]
    return "\n".join(lines + missing)


def told(of):
    return f"{number(of['median'])} ({number(of['min'])}-{number(of['max'])})"


# What stands beside the rate in the picture, by how the load's name begins.
COSTS = {
    "idle": ("rss_bytes", "RSS of an idle connection, bytes"),
    "mixed": ("p99_ms", "99th percentile of small requests, ms"),
    "": ("server_us", "CPU of the server, us/{per}"),
}


def panels(summaries, options):
    """For each load, of which there is a summary, its rate and what it costs, as chart.bars wants
    it."""
    found = []
    for load, rows in summaries.items():
        rate, _, per, _ = UNITS[loads.LOADS[load].unit]
        figure, title = next(cost for name, cost in COSTS.items() if load.startswith(name))
        found.append([
            chart.Panel(f"{load}, {rate}", "more is better",
                        [bar(rows, name, "rate") for name in options.server]),
            chart.Panel(title.format(per=per), "less is better",
                        [bar(rows, name, figure) for name in options.server])])
    return found


def bar(rows, name, figure):
    if name not in rows or figure not in rows[name]:
        return chart.Bar(name, None, None, None, "not measured")
    row = rows[name]
    text, of = number(row[figure]["median"]), times(row, servers.NGINX, figure)
    if of != "-" and name != servers.NGINX:
        text += f", {of} x nginx"
    return chart.Bar(name, row[figure]["median"], row[figure]["min"], row[figure]["max"], text)


def picture(results, options):
    return chart.bars(
        "tools/bench speed",
        f"{rig.machine()}; {options.seconds} s, medians of {options.runs} runs, least and most",
        panels({load: summary(results, load) for load in options.load}, options))


# ---- the program -----------------------------------------------------------------


def parse_arguments(arguments):
    parser = argparse.ArgumentParser(
        prog="tools/bench speed", allow_abbrev=False,
        description="The same loads on evtcpd, on nginx over the kernel's TCP, on lwIP, and on a"
                    " prober that shows what the TUN device itself can do, in turn. Figures for"
                    " people on stdout, progress on stderr.",
        epilog="Loads: " + "; ".join(f"{name}: {load.about}" for name, load in
                                     loads.LOADS.items()) + ".")
    parser.add_argument("--build", required=True, help=argparse.SUPPRESS)
    parser.add_argument("--beside-others", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--load", nargs="+", choices=loads.LOADS, default=list(loads.LOADS),
                        metavar="NAME", help="which (default: all)")
    parser.add_argument("--server", nargs="+", choices=servers.CLASSES, default=USUAL_SERVERS,
                        metavar="NAME", help="which of " + ", ".join(servers.CLASSES) +
                        "; 'plain' is without offload (default: " +
                        ", ".join(USUAL_SERVERS) + ")")
    parser.add_argument("--runs", type=int, metavar="N", help="of each (default: 5)")
    parser.add_argument("--seconds", type=int, metavar="N", help="of a run (default: 3)")
    parser.add_argument("--tries", type=int, default=2, metavar="N",
                        help="that a run gets which others disturb (default: %(default)s)")
    parser.add_argument("--quick", action="store_true",
                        help="one run of a second each: to try something out")
    parser.add_argument("--json", metavar="FILE", help="write everything that was measured")
    parser.add_argument("--svg", metavar="FILE", help="draw the medians and their spread")
    parser.add_argument("--evtcpd", action="append", default=[], metavar="OPTION",
                        help="pass an option to evtcpd; repeatable")
    parser.add_argument("--evtcpd-program", metavar="FILE",
                        help="another evtcpd than the release build")
    options = parser.parse_args(arguments)
    usual = (1, 1) if options.quick else (5, 3)
    options.runs = usual[0] if options.runs is None else options.runs
    options.seconds = usual[1] if options.seconds is None else options.seconds
    options.evtcpd_program = options.evtcpd_program or f"{options.build}/src/evtcpd/evtcpd"
    if not 1 <= options.seconds <= 60 or not 1 <= options.runs <= 100 or options.tries < 1:
        parser.error("a run takes 1 to 60 s and a try, and there are 1 to 100")
    return options


def need_programs(options):
    wanted = {loads.LOADS[load].program for load in options.load}
    wanted |= {servers.NGINX} & set(options.server)
    missing = [name for name in PACKAGES if name in wanted and shutil.which(name) is None]
    if missing:
        raise rig.RigError("not installed: " + ", ".join(
            f"{name} (Debian's package {PACKAGES[name]})" for name in missing))


def prepare():
    """The client's namespace, and as many open files as are permitted."""
    servers.set_up_kernel()
    rig.run("mount", "-t", "tmpfs", "tmpfs", DIRECTORY)
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    if most != resource.RLIM_INFINITY and most < DESCRIPTORS:
        raise rig.RigError(f"only {most} open files are permitted, {DESCRIPTORS} are needed"
                           " (ulimit -n)")
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


def main(arguments):
    options = parse_arguments(arguments)
    if not options.beside_others:
        rig.wait_for_others()
    rig.enter_namespaces()
    sys.stdout.reconfigure(line_buffering=True)
    try:
        need_programs(options)
        prepare()
        print(f"# {rig.machine()}")
        results, failed = compare(options)
        if options.svg:
            with open(options.svg, "w", encoding="utf-8") as file:
                file.write(picture(results, options))
        if options.json:
            with open(options.json, "w", encoding="utf-8") as file:
                json.dump({"machine": rig.machine(), "options": vars(options), "results": results,
                           "summary": {load: summary(results, load) for load in options.load}},
                          file, indent=1)
    except (rig.RigError, OSError) as error:
        say(f"bench: {error}")
        return 1
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
