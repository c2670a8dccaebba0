#!/usr/bin/env python3
"""Feeds each check a bad tree and a good one."""

import pathlib
import tempfile
import unittest

import clang_tidy
import file_sizes
import forbidden_calls
import include_layers
import sources


class Tree(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = pathlib.Path(folder.name)

    def write(self, name, text):
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


class IncludeLayers(Tree):
    def problems_of(self, name, include):
        self.write(name, f'#include <vector>\n#include "{include}"\n')
        return include_layers.check(self.root)

    def test_refuses(self):
        for name, include in [
            ("common/base/a.cc", "common/api/json.h"),
            ("common/base/a.cc", "k8s/core/v1.pb.h"),
            ("common/client/a.h", "common/control/work_queue.h"),
            ("store/a.cc", "common/api/json.h"),
            ("apiserver/registry/a.cc", "store/mvcc.h"),
            ("apiserver/a.cc", "kubelet/b.h"),
            ("scheduler/a.cc", "store/store.h"),
            ("scheduler/a.cc", "controllers/b.h"),
            ("kubectl-lite/a.cc", "common/control/work_queue.h"),
            ("newfolder/a.cc", "common/base/clock.h"),
        ]:
            with self.subTest(name=name, include=include):
                self.setUp()
                problems = self.problems_of(name, include)
                self.assertEqual(len(problems), 1)
                self.assertTrue(problems[0].startswith(f"{name}:2: "), problems[0])

    def test_refuses_relative_paths(self):
        self.write("store/b.h", "")
        self.assertIn("store/b.h", self.problems_of("store/a.cc", "b.h")[0])

    def test_accepts(self):
        for name, include in [
            ("common/base/a.cc", "absl/strings/str_cat.h"),
            ("common/base/a.cc", "common/base/clock.h"),
            ("common/api/a.cc", "k8s/core/v1.pb.h"),
            ("apiserver/registry/a.cc", "store/store.h"),
            ("apiserver/registry/a_test.cc", "store/mvcc.h"),
            ("apiserver/main.cc", "store/mvcc.h"),
            ("tests/integration/a.cc", "kubelet/b.h"),
        ]:
            with self.subTest(name=name, include=include):
                self.setUp()
                self.assertEqual(self.problems_of(name, include), [])


class ForbiddenCalls(Tree):
    def test_refuses(self):
        for call in [
            "std::thread t;", "std::jthread t;", "pthread_create(&t, 0, f, 0);", "sleep(1);", "::usleep (5);",
            "std::this_thread::sleep_for(d);", "absl::SleepFor(d);", "auto t = absl::Now();",
            "std::chrono::steady_clock::now();", "using C = std::chrono::system_clock;", "time(nullptr);",
            "gettimeofday(&t, 0);", "clock_gettime(CLOCK_REALTIME, &t);", "std::random_device d;", "int i = rand();",
            "srand(1);", "if (fork() == 0) {}", "vfork();",
        ]:
            with self.subTest(call=call):
                self.write("kubelet/a.cc", f"// first\n{call}\n")
                problems = forbidden_calls.check(self.root)
                self.assertEqual(len(problems), 1)
                self.assertTrue(problems[0].startswith("kubelet/a.cc:2: "), problems[0])

    def test_accepts(self):
        self.write("common/base/a.cc", "std::thread t;\n")
        self.write("store/a_test.cc", "std::thread t;\n")
        self.write("apiserver/transport/a.cc", "auto t = std::chrono::system_clock::now();\n")
        self.write(
            "kubelet/a.cc",
            '// absl::Now() in a comment\n/* fork() */ Log("sleep(1)");\nplan.fork(); p->time(nullptr); Uptime(0);\n'
            "operand(1); std::thread::id id; const int big = 1'000'000; timer.sleep(1);\n",
        )
        self.assertEqual(forbidden_calls.check(self.root), [])


class FileSizes(Tree):
    def check(self):
        notes = []
        return file_sizes.check(self.root, notes), notes

    def test_refuses_long_files(self):
        self.write("store/a.cc", "int x;\n" * 801)
        self.write("store/a_test.cc", "int x;\n" * 801)
        problems, _ = self.check()
        self.assertEqual(len(problems), 1)
        self.assertIn("store/a.cc:1: 801 lines", problems[0])

    def test_refuses_long_functions_and_notes_longish_ones(self):
        body = "  x(\"}\");  // }\n"
        self.write(
            "store/a.cc",
            "namespace a {\nclass B {\n int f() { return 1; }\n};\n"
            f"B::B(int x)\n    : x_{{x}}, y_(x) {{\n{body * 99}}}\n"
            f"int Longish() {{\n{body * 70}}}\n"
            "const int kTable[] = {\n" + "1,\n" * 200 + "};\n"
            f"struct S {{\n{'int x;' * 1}{chr(10) * 150}}};\n}}\n",
        )
        problems, notes = self.check()
        self.assertEqual(problems, ["store/a.cc:5: B::B has 102 lines, at most 100: split it"])
        self.assertEqual(notes, ["store/a.cc:107: note: Longish has 72 lines; aim for 60"])


class Sources(unittest.TestCase):
    def test_blanks_comments_and_literals(self):
        code = sources.code_only('a("x//y"); // c\nb(\'"\'); /* d\n */ R"(e\n")" 1\'000\n')
        self.assertEqual(code.count("\n"), 4)
        for gone in ("x//y", "c\n", "d\n", "e\n"):
            self.assertNotIn(gone, code)
        self.assertIn("1'000", code)


class ClangTidy(unittest.TestCase):
    def test_drops_what_only_gcc_knows(self):
        arguments, pch = clang_tidy.clang_arguments(
            "cmake -E env A=b ccache c++ -I/r -O0 -fpch-preprocess -Wall -Wno-restrict -Winvalid-pch -include "
            "/b/p/cmake_pch.hxx -MD -MT x.o -MF x.o.d -o x.o -c /r/x.cc"
        )
        self.assertEqual(arguments, ["-I/r", "-O0", "-Wall"] + clang_tidy.EXTRA_ARGUMENTS)
        self.assertEqual(pch, pathlib.Path("/b/p/cmake_pch.hxx"))

    def test_groups_units_whose_macros_agree(self):
        def unit(*macros):
            return clang_tidy.Unit(None, ["-O0", *macros], None)

        units = [unit("-DA=1"), unit("-DB"), unit("-DA=2"), unit()]
        groups = clang_tidy.grouped(units)
        self.assertEqual([group.units for group in groups], [[units[0], units[1], units[3]], [units[2]]])
        self.assertEqual(groups[0].macros_as_arguments(), ["-DA=1", "-DB"])


if __name__ == "__main__":
    unittest.main()
