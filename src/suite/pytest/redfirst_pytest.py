"""Tells redfirst what pytest sees, line by line and at once, so that a run which is killed leaves what it had seen.

Loaded with `-p redfirst_pytest`; needs Python 3.8 and pytest 6.2, and nothing else. The lines are those of
src/suite/reporters/report-line.ts. It also brings the cases into the order that was asked for.
"""

import hashlib
import json
import os
import re
import sys
import types

import pytest

_WRITE, _GETPID, _DUMPS = os.write, os.getpid, json.dumps
_CWD = os.path.realpath(os.getcwd())
_MESSAGE_LIMIT = 8192
_ERRORS_KEPT = 16
_CHAIN_LIMIT = 64
_FOREIGN = frozenset(("site-packages", "dist-packages", ".tox", ".nox", "node_modules"))
_TEST_FOLDERS = frozenset(("test", "tests", "testing"))
_PROPERTY = "redfirst"


class _Report:
    """The file, and what has to be counted and remembered until a case has ended."""

    def __init__(self):
        self.fd = None
        self.pid = _GETPID()
        self.cases = 0
        self.failures = 0
        self.interrupted = False
        self.reports = {}
        self.begun = set()
        self.blamed = set()

    def open(self):
        path = os.environ.get("REDFIRST_REPORT")
        # A worker of xdist hands its reports to the process that started it.
        if self.fd is not None or not path or "PYTEST_XDIST_WORKER" in os.environ:
            return
        self.fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | getattr(os, "O_CLOEXEC", 0), 0o644)
        self.write({"redfirst": 1, "runner": "pytest", "token": os.environ.get("REDFIRST_TOKEN", "")})

    def write(self, line):
        if self.fd is None or _GETPID() != self.pid:
            return
        data = (_DUMPS(line, separators=(",", ":")) + "\n").encode("ascii")
        while data:
            data = data[_WRITE(self.fd, data) :]

    def failure(self, failed, file, error):
        self.failures += 1
        line = {"failed": failed, "error": error}
        if file:
            line["file"] = file
        self.write(line)

    def case(self, line):
        self.cases += 1
        self.write(line)

    def end(self):
        self.write({"end": True, "counts": {"cases": self.cases, "failures": self.failures}})
        if self.fd is not None and _GETPID() == self.pid:
            os.close(self.fd)
            self.fd = None


_report = _Report()
#: What every repetition of a case did, where the case ran: some plugins that rerun cases tell only of the last one.
_history = {}


# --- what a case is called, and where it is ---------------------------------------------------------------------------


def _relative(path):
    """The path relative to the worktree, or None where it lies outside or belongs to a dependency."""
    if not path or str(path).startswith("<"):
        return None
    relative = os.path.relpath(os.path.realpath(os.path.join(_CWD, str(path))), _CWD)
    parts = relative.split(os.sep)
    if parts[0] == os.pardir or os.path.isabs(relative) or not _FOREIGN.isdisjoint(parts):
        return None
    return "/".join(parts)


def _path_of(node):
    return str(getattr(node, "path", None) or getattr(node, "fspath", None) or "")


def _file_of(node):
    path = _path_of(node)
    return _relative(path) or path


def _name_of(item):
    titles = []
    for node in item.listchain():
        if isinstance(node, (pytest.Session, pytest.File)) or type(node).__name__ in ("Instance", "Dir", "Directory"):
            continue
        if isinstance(node, pytest.Package) or not node.name or node.name == "()":
            continue
        titles.append(node.name)
    return " > ".join([_file_of(item)] + titles)


def _place_of(item):
    try:
        path, line = item.reportinfo()[:2]
    except Exception:  # A plugin's item may know no place.
        return None
    file = _relative(path)
    return None if file is None or not isinstance(line, int) else {"file": file, "line": line + 1}


def _is_test_file(file, own):
    parts = file.split("/")
    base = parts[-1]
    return (
        file == own
        or base == "conftest.py"
        or base.startswith("test_")
        or base.endswith(("_test.py", "_tests.py"))
        or not _TEST_FOLDERS.isdisjoint(parts[:-1])
    )


# --- what an exception means ------------------------------------------------------------------------------------------


def _frames(value):
    """Frames from the outermost to the one that raised: (file in the worktree or None, line, path, frame)."""
    found = []
    trace = getattr(value, "__traceback__", None)
    while trace is not None and len(found) < 10000:
        code = trace.tb_frame.f_code
        found.append((_relative(code.co_filename), trace.tb_lineno, code.co_filename, trace.tb_frame))
        trace = trace.tb_next
    return found


def _text_of(value):
    try:
        return str(value)
    except Exception:  # A test's own exception class may be broken.
        return "<unprintable %s>" % type(value).__name__


def _bounded(text):
    if len(text) <= _MESSAGE_LIMIT - 48:
        return text
    keep = _MESSAGE_LIMIT - 48
    return "%s\u2026 [%d more characters]" % (text[:keep], len(text) - keep)


def _is_assertion(value):
    if isinstance(value, AssertionError) or type(value).__name__ in ("DocTestFailure", "MultipleDoctestFailures"):
        return True
    inner = getattr(value, "exceptions", None)
    if isinstance(inner, (tuple, list)) and inner and isinstance(value, BaseException):
        return all(_is_assertion(one) for one in inner)
    return False


def _is_asserted_by_code(frames, own):
    """Whether an `assert` of the code under test failed: pytest rewrites those of the tests, and theirs lie among tests."""
    if not frames:
        return False
    file, _, _, frame = frames[-1]
    loader = type(frame.f_globals.get("__loader__")).__name__
    return file is not None and loader != "AssertionRewritingHook" and not _is_test_file(file, own)


def _is_timeout(value):
    text = _text_of(value)
    return type(value).__name__ == "Failed" and re.match(r"Timeout (?:\(>|>)[\d.]+s", text) is not None


def _kind_of(value, frames, own):
    if isinstance(value, pytest.fail.Exception):
        return "timeout" if _is_timeout(value) else "assertion"
    if _is_assertion(value):
        return "error" if _is_asserted_by_code(frames, own) else "assertion"
    return "error"


_UNFINISHED = re.compile(r"partially initialized module|circular import")
_NO_EXPORT = re.compile(r"^cannot import name '([^']+)' from '([^']+)'")
_NO_MODULE = re.compile(r"^No module named '([^']+)'")
_NO_MODULE_ATTRIBUTE = re.compile(r"^module '([^']+)' has no attribute '([^']+)'")
_NO_MEMBER = re.compile(r"^(?:type object )?'([^']+)' (?:object )?has no attribute '([^']+)'")
_BAD_CALL = re.compile(
    r"^(?:.*?(\w+)\.)?(\w+)\(\) (?:got an unexpected keyword argument|takes .* arguments?\b|missing \d+ required"
    r"|got some positional-only|got multiple values)"
)


def _missing_of(value, frames, own):
    """Names that the tests use and nothing declares yet; empty where the code under test lacks them itself."""
    ours = [frame for frame in frames if frame[0] is not None]
    if not ours or not _is_test_file(ours[-1][0], own):
        return []
    file, line = ours[-1][:2]
    text = _text_of(value)

    def named(name, kind):
        return [{"name": str(name), "kind": kind, "file": file, "line": line}]

    if isinstance(value, ImportError):
        if _UNFINISHED.search(text):
            return []
        exported = _NO_EXPORT.match(text)
        if exported is not None:
            return named(exported.group(1), "symbol")
        module = _NO_MODULE.match(text)
        name = getattr(value, "name", None) or (module.group(1) if module is not None else None)
        return named(name, "package") if isinstance(value, ModuleNotFoundError) and name else []
    if isinstance(value, FileNotFoundError):
        started = any(os.path.basename(path) in ("subprocess.py", "base_events.py") for _, _, path, _ in frames)
        name = value.filename
        # With a working folder that is not there, the program is not what is missing.
        if started and isinstance(name, str) and name and "/" not in name:
            return named(name, "command")
        return []
    # The rest is a fault of the line that raised, so that line has to be the test's own.
    if _UNFINISHED.search(text):
        return []
    if frames[-1][0] is None:
        return _missing_of_enum(value, text, frames, named)
    if isinstance(value, AttributeError):
        return _missing_attribute(value, text, named)
    if isinstance(value, TypeError):
        call = _BAD_CALL.match(text)
        if call is not None and _is_ours_called(call.group(2), frames[-1][3]):
            return named(call.group(1) if call.group(2) == "__init__" and call.group(1) else call.group(2), "signature")
    return []


def _missing_attribute(value, text, named):
    module = _NO_MODULE_ATTRIBUTE.match(text)
    holder = getattr(value, "obj", None)
    if module is not None:
        held = holder if isinstance(holder, types.ModuleType) else sys.modules.get(module.group(1))
        return named(module.group(2), "symbol") if _is_ours(held) else []
    member = _NO_MEMBER.match(text)
    if member is None or holder is None:
        return []
    owner = holder if isinstance(holder, type) else type(holder)
    return named(member.group(2), "member") if _is_ours(_module_of(owner)) else []


def _missing_of_enum(value, text, frames, named):
    """Python's own enum looks its members up itself."""
    path, frame = frames[-1][2:]
    owner = frame.f_locals.get("cls")
    if not isinstance(value, AttributeError) or os.path.basename(path) != "enum.py" or len(frames) < 2:
        return []
    if frames[-2][0] is None or not isinstance(owner, type) or not _is_ours(_module_of(owner)):
        return []
    member = _NO_MEMBER.match(text)
    name = member.group(2) if member is not None else text
    return named(name, "member") if name.isidentifier() else []


def _module_of(thing):
    return sys.modules.get(getattr(thing, "__module__", None) or "")


def _is_ours(module):
    """Whether a module's source lies in the worktree and among no tests: what tests lack themselves is their own fault."""
    path = getattr(module, "__file__", None)
    if path is None:
        paths = list(getattr(module, "__path__", ()) or ())
        path = paths[0] if paths else None
    file = _relative(path) if path else None
    return file is not None and not _is_test_file(file, None)


def _is_ours_called(name, frame):
    """Whether what a test's line calls by that name comes from the worktree; nothing of the test's is run to find out."""

    def has(owner):
        return any(name in vars(one) and _is_ours(_module_of(one)) for one in owner.__mro__)

    for called, one in list(frame.f_globals.items()) + list(frame.f_locals.items()):
        if called == name and _is_ours(_module_of(one)):
            return True
        if isinstance(one, types.ModuleType):
            held = [each for each in list(vars(one).values()) if isinstance(each, type)] if _is_ours(one) else []
            if held and any(has(each) for each in held) or (_is_ours(one) and name in vars(one)):
                return True
        elif has(one if isinstance(one, type) else type(one)):
            return True
    return False


def _describe(value, where, own):
    # A fixture's or a collector's own error only wraps what happened.
    for _ in range(_CHAIN_LIMIT):
        if type(value).__name__ == "CollectError" and isinstance(value.__cause__, BaseException):
            value = value.__cause__
        elif type(value).__name__ == "ConftestImportFailure":
            inner = getattr(value, "cause", None) or value.__cause__
            if inner is None and isinstance(getattr(value, "excinfo", None), tuple):
                inner = value.excinfo[1]
            if not isinstance(inner, BaseException):
                break
            value = inner
        else:
            break
    frames = _frames(value)
    missing = _missing_of(value, frames, own)
    kind = "compile" if missing else _kind_of(value, frames, own)
    text = getattr(value, "msg", None) if isinstance(value, pytest.fail.Exception) else None
    error = {
        "kind": kind,
        "type": type(value).__name__,
        "message": _bounded(text if isinstance(text, str) else _text_of(value)),
        "where": where,
    }
    ours = [frame for frame in frames if frame[0] is not None]
    if isinstance(value, SyntaxError) and _relative(value.filename) and isinstance(value.lineno, int):
        error["location"] = {"file": _relative(value.filename), "line": value.lineno}
    elif ours:
        error["location"] = {"file": ours[-1][0], "line": ours[-1][1]}
    if missing:
        error["missing"] = missing
        error["missingNames"] = [one["name"] for one in missing]
    return error


def _plain(kind, name, message, where):
    return {"kind": kind, "type": name, "message": _bounded(message), "where": where}


def _outcome_of(errors):
    first = errors[0]
    if first["kind"] == "timeout":
        return "timed-out"
    asserted = first["kind"] in ("assertion", "no-error-assertion", "reported-failure")
    return "failed" if asserted and first["where"] == "body" else "errored"


# --- cases ------------------------------------------------------------------------------------------------------------

_WHERE = {"setup": "setup", "call": "body", "teardown": "teardown"}


@pytest.hookimpl(hookwrapper=True, tryfirst=True)
def pytest_runtest_makereport(item, call):
    outcome = yield
    report = outcome.get_result()
    where = _WHERE.get(report.when, "body")
    details = {"name": _name_of(item), "file": _file_of(item), "place": _place_of(item), "errors": []}
    if report.outcome == "failed":
        if call.excinfo is None:
            details["errors"] = [_plain("reported-failure", "XPASS", _text_of(report.longrepr), where)]
        else:
            details["errors"] = [_describe(call.excinfo.value, where, details["file"])]
    history = _history.setdefault(item.nodeid, [])
    if not _is_subtest(report):
        if report.when == "setup":
            history.append("passed")
        if history and report.outcome == "failed" and history[-1] == "passed":
            history[-1] = _outcome_of(details["errors"])
        elif history and report.outcome == "skipped" and history[-1] == "passed":
            history[-1] = "skipped"
    details["history"] = list(history)
    setattr(report, _PROPERTY, details)


def _is_subtest(report):
    return type(report).__name__ in ("SubtestReport", "SubTestReport")


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_logstart(nodeid, location):
    name = _name_of_id(nodeid)
    if nodeid not in _report.begun:
        _report.begun.add(nodeid)
        _report.write({"start": name, "file": name.split(" > ")[0]})


def _name_of_id(nodeid):
    """The name of a case of which nothing but its id is known; the values in brackets may hold colons."""
    known = _names.get(nodeid)
    if known is not None:
        return known
    head, bracket, rest = nodeid.partition("[")
    return " > ".join(head.split("::")) + bracket + rest


_names = {}


def pytest_runtest_logreport(report):
    _report.reports.setdefault(report.nodeid, []).append(report)
    # xdist tells of a worker that died, and of no end of its case.
    if report.when not in _WHERE:
        pytest_runtest_logfinish(report.nodeid, None)


@pytest.hookimpl(trylast=True)
def pytest_runtest_logfinish(nodeid, location):
    reports = _report.reports.get(nodeid)
    if reports is None or _goes_on(reports):
        return
    del _report.reports[nodeid]
    _report.begun.discard(nodeid)
    _history.pop(nodeid, None)
    _report.case(_case_line(nodeid, reports))


_AGAIN = ("rerun", "retried")


def _goes_on(reports):
    """Whether a plugin that reruns cases is about to: nothing but a teardown follows what it calls a rerun."""
    for report in reversed(reports):
        if report.outcome in _AGAIN:
            return True
        if report.when != "teardown":
            return False
    return False


def _case_line(nodeid, reports):
    again = [at for at, report in enumerate(reports) if report.outcome in _AGAIN]
    last = reports[again[-1] + 1 :] if again else reports
    # The teardown of the repetition before may follow what calls it a rerun.
    while again and len(last) > 1 and last[0].when == "teardown":
        last = last[1:]
    details = next((getattr(one, _PROPERTY) for one in reversed(reports) if hasattr(one, _PROPERTY)), {})
    name = details.get("name") or _name_of_id(nodeid)
    errors, skipped, ran, expected = [], False, False, False
    for report in last:
        if hasattr(report, "wasxfail"):
            expected = True
        elif report.outcome == "failed":
            known = getattr(report, _PROPERTY, {}).get("errors")
            errors += known or [_plain("error", "", _text_of(report.longrepr), _WHERE.get(report.when, "body"))]
        elif report.outcome == "skipped" and not _is_subtest(report):
            skipped = True
        if report.when == "call" and report.outcome == "passed":
            ran = True
    # A test that pytest fails for the subtests that were told of already says nothing more.
    if len(errors) > 1:
        errors = [one for one in errors if not re.match(r"contains \d+ failed subtest", one["message"])] or errors
    crashed = any(report.when not in _WHERE for report in last)
    if crashed:
        outcome = "aborted"
    elif errors:
        outcome = _outcome_of(errors)
    elif expected or skipped:
        # A case that is expected to fail shows nothing, whichever way it went.
        outcome = "skipped"
    else:
        outcome = "passed" if ran else "aborted"
    bad = outcome not in ("passed", "skipped")
    line = {
        "case": name,
        "file": details.get("file") or name.split(" > ")[0],
        "outcome": outcome,
        "where": errors[0]["where"] if bad and errors else "body",
        "errors": errors[:_ERRORS_KEPT] if bad else [],
        "durationUs": max(0, int(sum(getattr(one, "duration", 0) or 0 for one in last) * 1000000)),
    }
    if details.get("place"):
        line["place"] = details["place"]
    earlier = [_retried(reports[at]) for at in again] or (details.get("history") or [])[:-1]
    if earlier:
        line["retries"] = earlier + [outcome]
    return line


def _retried(report):
    history = getattr(report, _PROPERTY, {}).get("history") or ["failed"]
    return history[-1] if history[-1] not in ("passed", "skipped") else "failed"


# --- what is outside of cases -----------------------------------------------------------------------------------------


@pytest.hookimpl(hookwrapper=True)
def pytest_make_collect_report(collector):
    outcome = yield
    if outcome.excinfo is not None:
        return
    report = outcome.get_result()
    file = _file_of(collector)
    call = getattr(report, "call", None)
    excinfo = getattr(call, "excinfo", None)
    details = {"file": file, "error": None}
    if report.outcome == "failed" and excinfo is not None:
        details["error"] = _describe(excinfo.value, "load", file)
        location = details["error"].get("location")
        # A folder cannot be collected where its conftest.py cannot.
        if isinstance(collector, getattr(pytest, "Directory", ())) and location and "conftest.py" in location["file"]:
            details["file"] = location["file"]
    setattr(report, _PROPERTY, details)


def pytest_collectreport(report):
    if report.outcome == "passed" or report.nodeid in _report.blamed:
        return
    _report.blamed.add(report.nodeid)
    details = getattr(report, _PROPERTY, {})
    file = details.get("file") or report.nodeid.split("::")[0] or None
    if report.outcome == "skipped":
        name = "%s [load]" % (file or report.nodeid)
        line = {"case": name, "file": file or "", "outcome": "skipped", "where": "load", "errors": [], "durationUs": 0}
        _report.case(line)
        return
    error = details.get("error") or _plain("error", "CollectError", _text_of(report.longrepr), "load")
    _report.failure("load", file, error)


@pytest.hookimpl(hookwrapper=True, tryfirst=True)
def pytest_load_initial_conftests(early_config, parser, args):
    _report.open()
    outcome = yield
    if outcome.excinfo is None:
        return
    value = outcome.excinfo[1]
    error = _describe(value, "load", None)
    file = _relative(getattr(value, "path", None)) or (error.get("location") or {}).get("file")
    _report.failure("load", file, error)
    _report.end()


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config):
    # pytest-randomly would have an order and a seed of its own.
    if hasattr(config.option, "randomly_reorganize"):
        config.option.randomly_reorganize = False
        config.option.randomly_seed = _seed()


@pytest.hookimpl(hookwrapper=True)
def pytest_collection(session):
    outcome = yield
    if outcome.excinfo is not None and issubclass(outcome.excinfo[0], pytest.UsageError):
        _report.failure("load", None, _plain("error", "UsageError", _text_of(outcome.excinfo[1]), "load"))


def pytest_keyboard_interrupt(excinfo):
    _report.interrupted = True


def pytest_internalerror(excrepr, excinfo):
    _report.failure("suite", None, _describe(excinfo.value, "suite", None))


@pytest.hookimpl(trylast=True)
def pytest_unconfigure(config):
    # A run that was told to stop has no end: what else was to come is not known.
    if not _report.interrupted:
        _report.end()


# --- order and discovery ----------------------------------------------------------------------------------------------


def _seed():
    text = os.environ.get("REDFIRST_SEED", "")
    return int(text) if text.isdigit() else 0


def _only():
    path = os.environ.get("REDFIRST_ONLY_FILE")
    if not path:
        return None
    with open(path, encoding="utf-8") as file:
        return frozenset(json.load(file))


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(session, config, items):
    for item in items:
        _names[item.nodeid] = _name_of(item)
    only = _only()
    if only is not None:
        left_out = [item for item in items if _names[item.nodeid] not in only]
        if left_out:
            items[:] = [item for item in items if _names[item.nodeid] in only]
            config.hook.pytest_deselected(items=left_out)
    if os.environ.get("REDFIRST_ORDER") == "shuffled":
        items.sort(key=_shuffled_place)


def _shuffled_place(item):
    """Files, then classes, then cases: fixtures of a file or a class are made once, as they are in any order."""
    path = _names[item.nodeid].split(" > ")
    return [
        hashlib.sha256(("%d %d %s" % (_seed(), depth, " > ".join(path[:depth]))).encode("utf-8", "replace")).digest()
        for depth in range(1, len(path) + 1)
    ]


def pytest_collection_finish(session):
    if not session.config.option.collectonly:
        return
    for item in session.items:
        line = {"listed": _names.get(item.nodeid) or _name_of(item), "file": _file_of(item)}
        place = _place_of(item)
        if place is not None:
            line["place"] = place
        _report.write(line)
