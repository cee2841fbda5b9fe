"""Other processes and interpreters: what cannot be shared with them says so, and nobody is harmed."""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
from pathlib import Path
from textwrap import dedent

import pytest
from bakery import Bakery
from elsewhere import Elsewhere


def told_by(program: str, *arguments: object) -> list[str]:
    """Run a program of its own, and give the lines that it prints."""
    beginning = """
        import gc, os, sys
        from pathlib import Path
        from bakery import HOST, START, open_bakery, open_directory
        from mailgrant import Directory, Error, ManualClock

        def parted(child):
            "Do something in a child, and wait for its ordinary end."
            sys.stdout.flush()
            pid = os.fork()
            if pid == 0:
                status = 1
                try:
                    child()
                    status = 0
                finally:
                    sys.stdout.flush()
                    if status:
                        sys.stderr.flush()
                        os._exit(status)
                sys.exit(0)
            assert os.waitpid(pid, 0)[1] == 0

        def code(call):
            try:
                return repr(call())
            except Error as error:
                return error.code

        clock = ManualClock(START)
        path = Path(sys.argv[1]) if len(sys.argv) > 1 else None
    """
    ended = subprocess.run(
        [
            sys.executable,
            "-W",
            "ignore::DeprecationWarning",
            "-c",
            dedent(beginning) + dedent(program),
            *map(str, arguments),
        ],
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parent)},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr
    return ended.stdout.splitlines()


forks = pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork")


@forks
@pytest.mark.parametrize("view", [False, True], ids=["the store", "a view"])
def test_a_forked_child_is_refused_and_the_parent_goes_on(tmp_path: Path, view: bool) -> None:
    path = tmp_path / "mail.db"
    program = f"""
        directory = open_directory(clock, path=path, view={view})
        it = open_bakery(directory, clock, path)

        def child():
            print(code(lambda: directory.user(it.owner, by=HOST)))
            print(code(lambda: directory.rename_user(it.owner, "x", by=HOST)))
            print(code(lambda: directory.preview.rename_user(it.owner, "x", by=HOST)))
            print(code(lambda: directory.may(it.owner, "read", it.contact)))
            print(code(lambda: directory.login_device("contact@bakery.example", it.phone_password, "imap")))
            print(code(lambda: directory.batch(lambda batch: None)))
            print(code(lambda: directory.now))
            print(code(directory.flush_uses))
            print(code(directory.request_id))
            directory.close()
            print(repr(it.owner) == repr(it.owner), repr(directory).startswith("<Directory"))

        parted(child)
        directory.rename_user(it.owner, "Olivia", by=HOST)
        print(directory.user(it.owner, by=HOST).name)
        directory.close()
    """
    told = told_by(program, path)
    assert told == ["directory.forked"] * 9 + ["True True", "Olivia"]
    with Elsewhere(path) as file:
        assert file.execute("PRAGMA integrity_check") == [["ok"]]


@forks
def test_the_end_of_a_child_does_not_harm_the_parents_file(tmp_path: Path) -> None:
    path = tmp_path / "mail.db"
    program = """
        directory = open_directory(clock, path=path)
        it = open_bakery(directory, clock, path)
        for turn in range(5):
            # It ends like any program: everything in it is let go.
            parted(lambda: None)
            directory.register_user(f"user{turn}@home.example", "U", "verified", by=HOST)

        def child():
            global directory, it
            del directory, it
            gc.collect()

        parted(child)
        directory.register_user("last@home.example", "U", "verified", by=HOST)
        print("fine")
    """
    assert told_by(program, path) == ["fine"]
    with Elsewhere(path) as file:
        assert file.execute("PRAGMA integrity_check") == [["ok"]]
        [[users]] = file.execute("SELECT count(*) FROM entity WHERE key LIKE 'usr_%'")
    assert users == 8


@forks
def test_a_child_opens_the_file_for_itself(tmp_path: Path) -> None:
    path = tmp_path / "mail.db"
    program = """
        directory = open_directory(clock, path=path)
        it = open_bakery(directory, clock, path)

        def child():
            with open_directory(clock, path=path) as mine:
                mine.rename_user(it.owner, "From the child", by=HOST)
            print(code(lambda: directory.user(it.owner, by=HOST)))

        parted(child)
        print(directory.user(it.owner, by=HOST).name)
        directory.rename_user(it.owner, "From the parent", by=HOST)
        print(directory.user(it.owner, by=HOST).name)
    """
    assert told_by(program, path) == ["directory.forked", "From the child", "From the parent"]


@forks
def test_a_past_and_a_memory_are_not_for_children_either() -> None:
    program = """
        directory = open_directory(clock)
        it = open_bakery(directory, clock)
        then = directory.at(it.organisation, START, by=it.owner)
        replica = directory.export_for(it.assistant, by=HOST)
        copy = Directory.from_replica(replica)

        def child():
            print(code(lambda: directory.user(it.owner, by=HOST)))
            print(code(lambda: then.organisation(it.organisation, by=it.owner)))
            print(code(lambda: copy.mailbox(it.contact, by=it.assistant)))
            # A replica is a value: the child opens it for itself.
            print(Directory.from_replica(replica).mailbox(it.contact, by=it.assistant).address)

        parted(child)
        print(then.organisation(it.organisation, by=it.owner).name)
    """
    assert told_by(program) == [*["directory.forked"] * 3, "contact@bakery.example", "Moser Bakery"]


@forks
def test_a_fork_inside_a_batch_is_refused_in_the_child_and_goes_on_in_the_parent(tmp_path: Path) -> None:
    path = tmp_path / "mail.db"
    program = """
        directory = open_directory(clock, path=path)
        it = open_bakery(directory, clock, path)
        parent = os.getpid()

        def body(batch):
            batch.rename_user(it.owner, "Olivia", by=HOST)
            sys.stdout.flush()
            pid = os.fork()
            if pid == 0:
                print(code(lambda: batch.rename_user(it.assistant, "From the child", by=HOST)))
            else:
                assert os.waitpid(pid, 0)[1] == 0

        told = code(lambda: directory.batch(body))
        if os.getpid() != parent:
            print(told)
            sys.stdout.flush()
            sys.exit(0)
        print(told)
        print(directory.user(it.owner, by=HOST).name, directory.user(it.assistant, by=HOST).name)
    """
    assert told_by(program, path) == ["directory.forked", "directory.forked", "None", "Olivia Ada Lind"]


def test_a_directory_does_not_go_to_another_process(bakery: Bakery) -> None:
    with pytest.raises(TypeError, match="open it again where it is needed"):
        pickle.dumps(bakery.directory)
    with pytest.raises(TypeError):
        pickle.dumps(bakery.directory.preview)
    with pytest.raises(TypeError):
        bakery.directory.batch(pickle.dumps)


def test_a_second_interpreter_is_refused_or_has_errors_of_its_own() -> None:
    program = """
        from textwrap import dedent

        try:
            import _interpreters as interpreters
        except ImportError:
            import _xxsubinterpreters as interpreters

        ask = dedent('''
            import mailgrant
            with mailgrant.Directory.open("memory:") as directory:
                nobody = mailgrant.UserId("usr_01h455vb4pex5vsknk084sn02q")
                try:
                    directory.user(nobody, by=mailgrant.System("panel"))
                except mailgrant.NotFound:
                    print("fine", flush=True)
        ''')
        second = interpreters.create()
        try:
            told = interpreters.run_string(second, ask)
        except Exception as error:
            told = error
        if "ImportError" in repr(told) + repr(getattr(told, "__dict__", "")):
            print("fine")
        exec(ask)
        interpreters.destroy(second)
    """
    assert told_by(program) == ["fine", "fine"]


def test_threads_of_a_program_that_ends_do_not_keep_it() -> None:
    program = """
        import threading
        directory = open_directory(clock)
        it = open_bakery(directory, clock)

        def ask():
            while True:
                directory.may(it.assistant, "read", it.contact)

        for _ in range(4):
            threading.Thread(target=ask, daemon=True).start()
        print("the end")
    """
    assert told_by(program) == ["the end"]
