#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""What tools/bench speed makes of its measurements, on figures made up for it; then, where
namespaces and TUN devices may be made, some measurements of a second. Argument: the build
directory, and whether it is built with sanitizers (0 or 1)."""

import argparse
import os
import resource
import shutil
import signal
import subprocess
import sys
import unittest
from unittest import mock

import bench_case
import rig
import speed
import speed_loads as loads
import speed_servers as servers
from bench_case import only_where
from speed_servers import Cpu

WRK = """Running 3s test @ http://10.98.3.2/
  1 threads and 64 connections
  Thread Stats   Avg      Stdev     Max   +/- Stdev
    Latency     2.00ms    1.76ms   9.73ms   85.68%
    Req/Sec    20.93k     1.82k   23.85k    60.00%
  Latency Distribution
     50%  901.00us
     75%    3.26ms
     90%    4.32ms
     99%    1.07s
  60000 requests in 3.00s, 4.61MB read
Requests/sec:  20000.00
Transfer/sec:      2.28MB
"""

WRK_ERRORS = """  Socket errors: connect 1, read 20, write 0, timeout 300
  Non-2xx or 3xx responses: 4000
Requests/sec:"""

AB = """Concurrency Level:      64
Time taken for tests:   3.004 seconds
Complete requests:      3386
Failed requests:        2
   (Connect: 0, Receive: 0, Length: 2, Exceptions: 0)
Total transferred:      458682 bytes
Requests per second:    3372.25 [#/sec] (mean)
  50%     18
  99%     33
"""
AB_CSV = "Percentage served,Time in ms\n0,5.108\n5,6.1\n50,18.341\n99,33.275\n100,40.025\n"


class Parsing(unittest.TestCase):
    def test_wrk_tells_how_many_how_fast_and_how_late(self):
        told = loads.parse_wrk(WRK)
        self.assertEqual((told["count"], told["seconds"], told["errors"]), (60000, 3, 0))
        self.assertAlmostEqual(told["p50_ms"], 0.901)
        self.assertAlmostEqual(told["p99_ms"], 1070)

    def test_every_error_of_wrk_counts(self):
        self.assertEqual(
            loads.parse_wrk(WRK.replace("Requests/sec:", WRK_ERRORS))["errors"], 4321)

    def test_ab_tells_the_same(self):
        self.assertEqual(loads.parse_ab(AB, AB_CSV), {
            "count": 3386, "seconds": 3.004, "errors": 2, "p50_ms": 18.341, "p99_ms": 33.275})

    def test_what_is_not_understood_is_no_figure(self):
        for parse, text in ((loads.parse_wrk, ""), (loads.parse_wrk, WRK.replace("99%", "98%")),
                            (loads.parse_wrk, WRK.replace("requests in", "answers in")),
                            (lambda text: loads.parse_ab(text, AB_CSV), ""),
                            (lambda text: loads.parse_ab(AB, text), "50,18.341\n")):
            with self.assertRaises(rig.RigError):
                parse(text)

    def test_a_percentile_is_a_value_that_was_measured(self):
        values = list(range(1000, 0, -1))
        self.assertEqual([loads.percentile(values, p) for p in (0, 50, 99, 99.9, 100)],
                         [1, 500, 990, 999, 1000])
        self.assertEqual(loads.percentile([7, 8, 9], 99), 9)
        self.assertEqual(loads.percentile([7], 50), 7)

    def test_windows_add_up(self):
        both = loads.together([found(10, server=Cpu(1, 2, 3), flows=[4, 6]),
                               found(20, seconds=1.0, server=Cpu(1, 1, 1), flows=[20, 0])])
        self.assertEqual((both["count"], both["seconds"], both["flows"], both["server"]),
                         (30, 3.0, [24, 6], Cpu(2, 3, 4)))

    def test_what_cannot_be_put_on_a_server_has_a_reason(self):
        for load in loads.LOADS:
            self.assertIsNone(loads.LOADS[load].obstacle("evtcpd"))
        self.assertIn("holds nothing", loads.LOADS["idle10000"].obstacle("prober"))
        with mock.patch("resource.getrlimit", lambda _: (1024, 20000)):
            self.assertIsNone(loads.LOADS["idle10000"].obstacle("nginx"))
            self.assertIn("20000 are permitted", loads.LOADS["idle100000"].obstacle("nginx"))

    def test_a_crowd_is_as_many_processes_as_open_files_demand(self):
        server = mock.Mock(address="10.98.1.2")
        with mock.patch("resource.getrlimit", lambda _: (1024, 12200)):
            self.assertEqual(loads.Crowd(server, 30000, "").sizes, [12000, 12000, 6000])
        with mock.patch("resource.getrlimit", lambda _: (1024, resource.RLIM_INFINITY)):
            self.assertEqual(loads.Crowd(server, 100000, "").sizes, [20000] * 5)


def found(count, seconds=2.0, server=Cpu(0, 0, 0), machine=Cpu(0, 0, 0), **more):
    """As a load tells it."""
    return {"count": count, "seconds": seconds, "window_seconds": seconds, "errors": 0,
            "server": server, "client": Cpu(0, 0, 0), "bench": Cpu(0, 0, 0), "machine": machine,
            **more}


class Figures(unittest.TestCase):
    def test_octets_are_told_in_gigabits_and_megabytes(self):
        figures = speed.figures_of(found(10 ** 9, server=Cpu(150000, 0, 0)), "octets")
        self.assertAlmostEqual(figures["rate"], 4)
        self.assertAlmostEqual(figures["server_us"], 150)
        self.assertNotIn("p50_ms", figures)

    def test_requests_by_the_second_and_one_by_one(self):
        figures = speed.figures_of(
            found(1000, server=Cpu(4000, 0, 0), machine=Cpu(9000, 0, 0), p50_ms=1, p99_ms=2),
            "requests")
        self.assertEqual((figures["rate"], figures["server_us"], figures["machine_us"],
                          figures["p50_ms"], figures["p99_ms"]), (500, 4, 9, 1, 2))

    def test_nothing_is_no_figure(self):
        with self.assertRaises(rig.RigError):
            speed.figures_of(found(0), "requests")

    def test_fairness_is_that_of_jain(self):
        self.assertAlmostEqual(speed.jain([5, 5, 5, 5]), 1)
        self.assertAlmostEqual(speed.jain([8, 0, 0, 0]), 0.25)
        self.assertAlmostEqual(speed.jain([1, 3]), 0.8)
        self.assertEqual(speed.jain([0, 0]), 0)
        self.assertAlmostEqual(speed.figures_of(found(4, flows=[1, 3]), "octets")["jain"], 0.8)

    def test_what_others_did_is_what_neither_of_us_did(self):
        quiet = found(1, server=Cpu(2e6, 1.5e6, 0), machine=Cpu(4e6, 1.6e6, 0))
        self.assertAlmostEqual(speed.others_share(quiet), 0.05)
        self.assertFalse(speed.is_disturbed(quiet))
        self.assertTrue(speed.is_disturbed({**quiet, "machine": Cpu(4e6, 1.8e6, 0)}))
        self.assertTrue(speed.is_disturbed({**quiet, "machine": Cpu(4e6, 1.6e6, 2e5)}),
                        "the machine below took it")

    def test_cpu_time_is_that_of_all_children_and_threads(self):
        program = ("import subprocess, sys, time\n"
                   "burn = 'import time\\nwhile time.process_time() < 0.3: pass\\n'\n"
                   "child = subprocess.Popen([sys.executable, '-c', burn + 'print(1, flush=True);"
                   " time.sleep(60)'])\n"
                   "time.sleep(60)\n")
        with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE,
                              start_new_session=True) as process:
            process.stdout.readline()
            used = servers.cpu_of(process.pid)
            os.killpg(process.pid, signal.SIGKILL)
        self.assertGreater(used.us, 290000)
        self.assertGreater(used.user_us, 50000)


def result(server, rate, load="requests64", run=0, disturbed=False, **more):
    return {"load": load, "server": server, "run": run, "rate": rate, "p50_ms": 1, "p99_ms": 2,
            "server_us": 10, "client_us": 10, "machine_us": 20, "errors": 0,
            "disturbed": disturbed, **more}


class Tables(unittest.TestCase):
    RESULTS = [result("evtcpd", rate) for rate in (300, 100, 200)] + \
        [result("nginx", rate, server_us=40) for rate in (90, 110, 100)] + \
        [result("prober", rate, disturbed=rate == 250) for rate in (240, 250, 260)]
    OPTIONS = argparse.Namespace(runs=3, seconds=3, server=["evtcpd", "nginx", "prober"])

    def test_the_median_counts_and_the_spread_is_told(self):
        row = speed.summary(self.RESULTS, "requests64")["evtcpd"]
        self.assertEqual(row["rate"], {"median": 200, "min": 100, "max": 300})

    def test_ratios_are_those_of_the_medians(self):
        ratios = speed.summary(self.RESULTS, "requests64")["evtcpd"]["ratios"]
        self.assertAlmostEqual(ratios["nginx"]["rate"], 2)
        self.assertAlmostEqual(ratios["nginx"]["server_us"], 0.25)
        self.assertAlmostEqual(ratios["prober"]["rate"], 0.8)

    def test_loads_do_not_mix(self):
        both = self.RESULTS + [result("evtcpd", 7, load="requests1")]
        self.assertEqual(speed.summary(both, "requests1").keys(), {"evtcpd"})
        self.assertEqual(speed.summary(both, "requests64")["evtcpd"]["runs"], 3)
        self.assertEqual(speed.summary(both, "requests1")["evtcpd"]["ratios"], {})

    def test_the_table_has_a_line_for_each_server(self):
        lines = speed.table(self.RESULTS, "requests64", self.OPTIONS).split("\n")
        self.assertRegex(lines[-3], r"^evtcpd +200 \(100-300\) +1 +2 +10 +10 +20 +2\.00 +0\.80"
                                    r" +0\.25$")
        self.assertRegex(lines[-2], r"^nginx +100 \(90-110\) .* 1\.00$")
        self.assertRegex(lines[-1], r"^prober .* 1 of 3 disturbed$")

    def test_what_is_not_there_is_a_dash_and_errors_are_told(self):
        text = speed.table([result("evtcpd", 7, load="bulk8", jain=0.97, errors=3)], "bulk8",
                           self.OPTIONS)
        self.assertRegex(text, r"evtcpd +7 \(7-7\) .* 10 +10 +20 +0\.970  3 errors$")
        both = speed.table(
            [result("evtcpd", 7, rss_bytes=512.4), result("prober", 9)], "requests64", self.OPTIONS)
        self.assertRegex(both, r"(?m)^prober +9 \(9-9\) +1 +2 +- ")
        self.assertRegex(both, r"(?m)^evtcpd +7 \(7-7\) +1 +2 +512 .* 0\.78$")

    def test_headings_stand_above_what_they_name(self):
        top, names, first, _ = speed.laid_out([("of one", "a", ["1", "22"]), ("", "bb", ["3", "4"]),
                                               ("of one", "cc", ["5", "666666"])])
        self.assertEqual(len({len(line) for line in (top, names, first)}), 1)
        self.assertEqual(names.split(), ["a", "cc", "bb"])
        self.assertEqual(top.index("of one") + len("of one"), names.index("cc") + 2)
        self.assertEqual(first.index("5"), names.index("cc") + 1)

    def test_who_was_not_measured_is_named_with_the_reason(self):
        text = speed.table([result("evtcpd", 7, load="idle10000", kept=0.912)], "idle10000",
                           self.OPTIONS)
        self.assertRegex(text, r"(?m)^evtcpd .* 0\.91 ")
        self.assertRegex(text, r"(?m)^prober +not measured: it holds nothing")


class Picture(unittest.TestCase):
    OPTIONS = Tables.OPTIONS

    def panels(self, load, results):
        return speed.panels({load: speed.summary(results, load)}, self.OPTIONS)

    def test_each_load_has_its_rate_and_what_it_costs(self):
        (rate, cost), = self.panels("requests64", Tables.RESULTS)
        self.assertEqual([bar.name for bar in rate.bars], ["evtcpd", "nginx", "prober"])
        self.assertEqual(rate.bars[0], ("evtcpd", 200, 100, 300, "200, 2.00 x nginx"))
        self.assertEqual(rate.bars[1].text, "100")
        self.assertEqual(cost.title, "CPU of the server, us/req")
        self.assertEqual([bar.value for bar in cost.bars], [10, 40, 10])

    def test_who_was_not_measured_has_no_bar(self):
        (rate, cost), = self.panels("idle10000", [
            result("evtcpd", 7, load="idle10000", rss_bytes=512)])
        self.assertEqual([bar.value for bar in rate.bars], [7, None, None])
        self.assertEqual(rate.bars[2].text, "not measured")
        self.assertEqual((cost.title, cost.bars[0].value), ("RSS of an idle connection, bytes", 512))

    def test_a_mixed_load_is_about_who_waits(self):
        (_, cost), = self.panels("mixed", [result("evtcpd", 7, load="mixed")])
        self.assertEqual(cost.title, "99th percentile of small requests, ms")


class Order(unittest.TestCase):
    def options(self):
        return argparse.Namespace(load=["bulk1", "connect"], server=["evtcpd", "nginx", "prober"],
                                  runs=3, seconds=1)

    def compare(self, measure):
        with mock.patch.object(speed, "measure", measure), mock.patch.object(speed, "say"), \
                mock.patch("builtins.print"):
            return speed.compare(self.options())

    def test_servers_take_turns_and_each_comes_first_once(self):
        calls = []

        def measure(options, load, server, run):
            calls.append((load, run, server))
            return result(server, 1, load=load, run=run)

        results, failed = self.compare(measure)
        self.assertFalse(failed)
        self.assertEqual(len(results), 18)
        self.assertEqual([server for _, _, server in calls[:9]],
                         ["evtcpd", "nginx", "prober", "nginx", "prober", "evtcpd", "prober",
                          "evtcpd", "nginx"])
        self.assertEqual({load for load, _, _ in calls[:9]}, {"bulk1"})

    def test_what_cannot_be_measured_is_not_tried(self):
        def measure(options, load, server, run):
            return result(server, 1, load=load, run=run)

        options = self.options()
        with mock.patch.object(self, "options", lambda: options):
            options.load = ["idle10000"]
            results, failed = self.compare(measure)
        self.assertFalse(failed)
        self.assertEqual({r["server"] for r in results}, {"evtcpd", "nginx"})

    def test_one_that_fails_does_not_keep_the_others_from_being_measured(self):
        def measure(options, load, server, run):
            if server == "nginx":
                raise rig.RigError("no")
            return result(server, 1, load=load, run=run)

        results, failed = self.compare(measure)
        self.assertTrue(failed)
        self.assertEqual(len(results), 12)

    def test_a_program_that_is_missing_is_named_with_its_package_if_it_is_needed(self):
        with mock.patch("shutil.which", lambda name: None):
            with self.assertRaisesRegex(rig.RigError, r"nginx \(.* nginx\), curl .*, wrk .*, ab "
                                                      r"\(Debian's package apache2-utils\)"):
                speed.need_programs(argparse.Namespace(
                    load=list(loads.LOADS), server=list(servers.CLASSES)))
            with self.assertRaisesRegex(rig.RigError, r"^not installed: wrk \([^,]*\)$"):
                speed.need_programs(argparse.Namespace(load=["requests64"], server=["evtcpd"]))


class Measured(bench_case.BenchCase):
    program = speed.__file__
    usual = ["--quick", "--tries", "1"]

    def check(self, names, wanted):
        status, text, told = self.bench("--load", *wanted, "--server", *names)
        self.assertEqual(status, 0, text)
        self.assertEqual([(r["load"], r["server"]) for r in told["results"]],
                         [(load, name) for load in wanted for name in names])
        for measured in told["results"]:
            self.assertEqual(measured["errors"], 0, text)
            self.assertGreater(measured["rate"], 0, text)
            self.assertGreater(measured["server_us"], 0, text)
            self.assertGreater(measured["client_us"], 0, text)
            # What one process of one thread can use at most, clocks and the way out included.
            self.assertLess(measured["raw"]["server"]["us"],
                            measured["raw"]["window_seconds"] * 1.1e6, text)
        return told

    def test_every_load_on_our_servers(self):
        told = self.check(["evtcpd", "prober"],
                          ["bulk8", "upload", "requests1", "requests64", "connect"])
        for measured in told["results"]:
            if measured["server"] == "prober":
                self.assertEqual(measured["raw"]["told"]["resent"], 0)
            if measured["load"] == "bulk8":
                self.assertEqual(len(measured["raw"]["flows"]), 8)
                self.assertLessEqual(measured["jain"], 1)

    @only_where(shutil.which("nginx", path=os.environ["PATH"] + ":/usr/sbin"))
    def test_nginx_over_its_veth_pair(self):
        told = self.check(["nginx"], ["bulk1", "upload", "requests1000", "connect"])
        self.assertEqual(told["summary"]["bulk1"]["nginx"]["ratios"]["nginx"]["rate"], 1)

    @only_where(os.path.exists(f"{bench_case.BUILD}/tests/bench/lwip_server"))
    def test_lwip(self):
        told = self.check(["lwip"], ["bulk8", "upload", "requests64", "connect", "mixed"])
        for measured in told["results"]:
            self.assertEqual(measured["raw"]["told"]["refused"], 0)
            self.assertGreater(measured["raw"]["told"]["writes"], 0)

    def test_small_requests_beside_a_download(self):
        for measured in self.check(["evtcpd", "prober"], ["mixed"])["results"]:
            self.assertGreater(measured["kept"], 0)
            self.assertEqual(len(measured["raw"]["took_us"]), 100)
            self.assertLessEqual(measured["p50_ms"], measured["p99_ms"])
            self.assertLessEqual(measured["p99_ms"], measured["p999_ms"])

    def test_what_idle_connections_cost(self):
        measured, = self.check(["evtcpd"], ["idle10000"])["results"]
        self.assertGreater(measured["counted_bytes"], 100)
        self.assertGreater(measured["rss_bytes"], measured["counted_bytes"])
        if not bench_case.SANITIZED:
            self.assertLess(measured["rss_bytes"], 16384)
        self.assertIn("kernel_bytes", measured)
        self.assertGreater(measured["kept"], 0)

    def test_without_offload(self):
        self.check(["evtcpd-plain", "prober-plain"], ["bulk1", "requests64"])

    def test_a_file(self):
        self.check(["evtcpd-files"], ["bulk1", "requests64"])

    def test_it_ends_when_it_is_told_to_with_all_that_it_started(self):
        self.check_that_it_ends("--load", "bulk8", "--server", "prober", "--seconds", "60")

    def test_what_cannot_be_measured_is_a_failure_that_is_explained(self):
        status, text, told = self.bench("--load", "requests1", "--server", "evtcpd", "prober",
                                        "--evtcpd=--no-such-option")
        self.assertEqual(status, 1, text)
        self.assertIn("no-such-option", text)
        self.assertEqual([r["server"] for r in told["results"]], ["prober"])


if __name__ == "__main__":
    unittest.main(argv=bench_case.ARGV)
