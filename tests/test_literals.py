r"""Rows in programs' sources, lines that hold several (`\n`, `<br>`), lines of several hosts."""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence

import pandas as pd
import pytest

import nsparse

HEADINGS = (
    "Active Internet connections (servers and established)",
    "Proto Recv-Q Send-Q Local Address           Foreign Address         State",
)
ROWS = (
    "tcp        0      0 192.0.2.10:22           198.51.100.7:51514      ESTABLISHED",
    "tcp        0      0 0.0.0.0:80              0.0.0.0:*               LISTEN     ",
    "udp        0      0 0.0.0.0:68              0.0.0.0:*                          ",
)
OWNED = 'LISTEN 0 128 0.0.0.0:22 0.0.0.0:* users:(("sshd",pid=9,fd=3))'
PACKET = "p_raw UNCONN 0 0 [2048]:swan *"


def parse(text: str, **options: object) -> nsparse.Dump:
    return nsparse.parse(io.BytesIO(text.encode()), name="dump.txt", **options)  # type: ignore[arg-type]


def adds_up(dump: nsparse.Dump) -> bool:
    return sum(dump.census.values()) == dump.lines and dump.census["rows"] == len(dump.frame)


# ---- lines that hold several -------------------------------------------------------------------

JOINED = {
    "a string": ('x = parse("{}\\n");', r"\n"),
    "a string behind another": ('commands.put("netstat -an", "{}\\r\\n");', r"\r\n"),
    "strings side by side": ('rows = ["{}"]', '", "'),
    "once more escaped": (r'body = "{{\"out\": \"{}\\n\"}}"', r"\\n"),
    "no quotes": (r"out: {}\n", r"\n"),
    "a web page": ("<p>{}<br></p>", "<br>"),
    "rsyslog": ("{}#012", "#012"),
    "blanks": ("{}", " "),
}


@pytest.mark.parametrize("name", JOINED)
@pytest.mark.parametrize("headings", [HEADINGS, ()], ids=["headed", "bare"])
def test_a_line_that_holds_several_is_each_of_them(name: str, headings: tuple[str, ...]) -> None:
    around, end = JOINED[name]
    text = f"const a = 1\n{around.format(end.join((*headings, *ROWS)))}\nreturn a\n"
    for engine in ("regex", "lark", "columns"):
        dump = parse(text, engine=engine)
        assert dump.frame["local_port"].tolist() == [22, 80, 68]
        assert dump.frame["state_raw"].tolist()[:2] == ["ESTABLISHED", "LISTEN"]
        assert dump.frame["line"].tolist() == [2, 2, 2]
        assert not dump.problems
        assert adds_up(dump)


UNIX_TABLE = (
    "Active UNIX domain sockets (servers and established)",
    "Proto RefCnt Flags       Type       State         I-Node Path",
    "unix  2      [ ACC ]     STREAM     LISTENING     123    /run/a",
)


@pytest.mark.parametrize("end", ["\n", " "])
@pytest.mark.parametrize("rows", [1, 2])
def test_the_next_heading_may_stand_behind_the_last_row(rows: int, end: str) -> None:
    dump = parse(" ".join((*ROWS[:rows], end.join(UNIX_TABLE))))
    assert dump.frame["proto"].tolist() == ["tcp"] * rows + ["unix"]
    assert dump.problems == []
    owned = parse(f"{OWNED} State Recv-Q Send-Q Local Address:Port Peer Address:Port\n{OWNED}\n")
    assert owned.frame["pid"].tolist() == [9, 9]
    assert owned.census == {"rows": 2, "headers": 1}


def test_rows_on_one_line_may_name_their_ends() -> None:
    """Hosts and services instead of numbers; what stands behind the command is a heading."""
    rows = (
        "tcp 0 0 web1:domain *:* LISTEN tcp6 0 0 ip6-localhost:ssh [::]:* LISTEN udp 0 0 *:ntp *:*"
    )
    dump = parse(f"# netstat -a {' '.join((*HEADINGS, rows))}\n")
    assert dump.frame["local_name"].tolist() == ["web1:domain", "ip6-localhost:ssh", "*:ntp"]
    assert dump.problems == []
    assert dump.census == {"prompt": 1, "headers": 2, "rows": 3}
    dotted = HEADINGS[1].replace("State", "(state)")
    rows = "tcp4 0 0 *.13 *.* LISTEN tcp 0 0 *.21 *.* LISTEN tcp4 0 0 *.25 *.* LISTEN"
    dump = parse(f"# netstat -an Active Internet connections {dotted} {rows}\n")
    assert dump.frame["dialect"].tolist() == ["netstat_aix"] * 3
    assert len(dump.snapshots) == 1


@pytest.mark.parametrize("engine", ["regex", "lark", "columns"])
def test_a_string_of_a_list_may_stand_between_other_values(engine: str) -> None:
    """The fields of a case, as tests in many languages list them."""
    cases = "".join(
        f'\t{{"a case", "{row}", true, -1.5, "tcp", "192.0.2.1", 22}},\n' for row in ROWS
    )
    dump = parse(f"package a\n\nvar cases = []Case{{\n{cases}}}\n", engine=engine)
    assert dump.frame["local_port"].tolist() == [22, 80, 68]
    assert dump.frame["line"].tolist() == [4, 5, 6]
    assert dump.problems == []
    assert adds_up(dump)


UNIX_ROWS = {
    "netstat": (
        UNIX_TABLE[:2],
        (
            "unix 2 [ ACC ] STREAM LISTENING 8450 @/com/a",
            "unix 7 [ ] DGRAM 8651",
            "unix 3 [ ] STREAM CONNECTED 8652 /run/b",
        ),
    ),
    "ss": (
        ("Netid State Recv-Q Send-Q Local Address:Port Peer Address:Port",),
        (
            "u_str LISTEN 0 128 @/com/a 8450 * 0",
            "nl UNCONN 0 0 rtnl:kernel *",
            "u_dgr ESTAB 0 0 /run/b 8652 * 8653",
        ),
    ),
}


@pytest.mark.parametrize("engine", ["regex", "lark", "columns"])
@pytest.mark.parametrize("end", [" ", "\n"])
@pytest.mark.parametrize("tool", UNIX_ROWS)
def test_rows_of_one_line_that_name_no_ends_are_rows(tool: str, end: str, engine: str) -> None:
    """No path swallows the sockets behind it, and no heading those below."""
    headings, rows = UNIX_ROWS[tool]
    dump = parse(f"{' '.join((f'# {tool} -x', *headings))}{end}{' '.join(rows)}\n", engine=engine)
    assert dump.frame["path"].dropna().tolist() == ["@/com/a", "/run/b"]
    assert len(dump.frame) == len(rows)
    assert dump.problems == []
    assert adds_up(dump)


CELLS = (("tcp", "0", "0", "*:22", "*:*", "LISTEN"), ("udp", "0", "0", "*:53", "*:*", ""))


@pytest.mark.parametrize("cell", ["<td>{}</td>", "<TD class='a'>{}&nbsp;</TD>\n"])
@pytest.mark.parametrize("row", ["<tr>{}</tr>", "<tr>{}</tr>\n", "<tr id=1>\n{}</tr>"])
def test_rows_of_a_table_on_a_web_page_are_rows(row: str, cell: str) -> None:
    rows = "".join(row.format("".join(map(cell.format, cells))) for cells in CELLS)
    text = f"<html><body>\n<table>\n{rows}</table></body></html>\n"
    for engine in ("regex", "columns"):
        dump = parse(text, engine=engine)
        assert dump.frame[["proto", "local_port"]].values.tolist() == [["tcp", 22], ["udp", 53]]
        places = [text.index(f"<tr{end}") for end in (" ", ">") if f"<tr{end}" in text]
        assert dump.frame["line"][0] == text.count("\n", 0, min(places)) + 1
        assert dump.problems == []
        assert adds_up(dump)


def test_the_last_row_ends_where_the_page_does() -> None:
    owned = OWNED.replace('"', "&quot;")
    dump = parse(f"<html><body><pre>\n{owned}\n{owned}</pre></body></html>\n")
    assert dump.frame["pid"].tolist() == [9, 9]
    line = f'<div class="line">{owned}</div>'
    numbers = '<pre class="gutter">1\n2\n</pre>'
    assert parse(f"{numbers}<pre>{line * 3}</pre>\n").frame["pid"].tolist() == [9, 9, 9]


@pytest.mark.parametrize("form", ["x = '{}'", "{}", 'x = """{}"""', "- `{}`"])
def test_a_string_ends_behind_the_owners_of_its_last_row(form: str) -> None:
    """Nothing stands behind it, as where a program took the last line end off."""
    rows = (OWNED, OWNED.replace(":22 ", ":80 "), OWNED.replace(":22 ", ":443 "))
    dump = parse(form.format(r"\n".join(rows)))
    assert dump.frame["local_port"].tolist() == [22, 80, 443]
    assert dump.frame["process"].tolist() == ["sshd"] * 3
    quoted = r"\n".join(rows).replace('"', r"\"")
    assert parse(f'{{"stdout": "{quoted}"}}').frame["local_port"].tolist() == [22, 80, 443]


@pytest.mark.parametrize("end", [" ", r"\n"])
def test_a_line_of_any_length_holds_several(end: str) -> None:
    row = "tcp 0 0 192.0.2.10:22 198.51.100.7:51514 ESTABLISHED"
    assert len(parse(f"{end.join([row] * 4000)}\n").frame) == 4000


def test_lines_behind_one_that_holds_several_keep_their_numbers() -> None:
    joined, damaged = r"\n".join((*HEADINGS, *ROWS)), "tcp  x  0 192.0.2.1:22 192.0.2.2:5 LISTEN"
    below = "\n".join((*HEADINGS, *ROWS, damaged))
    dump = parse(f'a = "{joined}\\n"\n$ netstat -an\n{below}\n')
    assert dump.frame["line"].tolist() == [1, 1, 1, 5, 6, 7]
    assert dump.frame["snapshot"].tolist() == [0, 0, 0, 1, 1, 1]
    assert [(problem.line, problem.column) for problem in dump.problems] == [(8, 6)]
    assert [(part.first, part.last) for part in dump.parts] == [(1, 1), (3, 7)]
    assert [shot.lines for shot in dump.snapshots] == [(1, 1), (5, 7)]


def test_chunks_of_lines_that_hold_several_keep_their_numbers(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("nsparse.reading.chunks.PIECE", 1 << 12)
    text = "".join(f'a{n} = "{ROWS[0]}\\n{ROWS[1]}\\n"\n' for n in range(200))
    frames = [*nsparse.read_chunks(io.BytesIO(text.encode()))]
    assert len(frames) > 1
    assert [line for frame in frames for line in frame["line"]] == [
        line for line in range(1, 201) for _ in ("LISTEN", "ESTABLISHED")
    ]


def test_what_is_printed_again_line_by_line_is_one_table() -> None:
    """Ansible prints `stdout`, and below it `stdout_lines`."""
    owned = OWNED.replace('"', r"\"")
    lines = f'        "{owned}",\n        "{owned}"\n'
    dump = parse(f'    "stdout": "{owned}\\n{owned}",\n    "stdout_lines": [\n{lines}    ]\n}}\n')
    assert dump.frame["line"].tolist() == [3, 4]
    assert dump.frame["pid"].tolist() == [9, 9]
    assert not dump.problems


@pytest.mark.parametrize(
    "row",
    [
        'tcp LISTEN 0 128 0.0.0.0:80 0.0.0.0:* users:(("C:\\nginx\\nginx.exe",pid=9,fd=3))',
        "u_str LISTEN 0 5 @/tmp/a\\nb 1111 * 0",
        "tcp        0      0 0.0.0.0:80      0.0.0.0:*       LISTEN      0          12345 9/tcp",
        "web1 | " + ROWS[0],
        r"C:\case\netstat.txt:14:  TCP    192.0.2.70:8080   203.0.113.7:50110   CLOSE_WAIT   5540",
    ],
)
def test_one_row_is_one_whatever_it_holds(row: str) -> None:
    dump = parse(f"{row}\n{row}\n")
    assert dump.frame["line"].tolist() == [1, 2]
    assert "several" not in str(dump.notes)


@pytest.mark.parametrize("row", ["xcp 0 0 0.0.0.0:22 0.0.0.0:* LISTEN", "*.22 *.* 0 0 2 0 LISTEN"])
def test_a_heading_in_front_of_rows_is_no_table_without_rows(row: str) -> None:
    assert [p.line for p in parse(f"{' '.join(HEADINGS)} {row}\n\n{ROWS[0]}\n").problems] == [1]
    with pytest.raises(nsparse.NotASocketTable):
        parse(f"{' '.join(HEADINGS)} {row}\n")


# ---- between the quotes of a program's source ---------------------------------------------------


@pytest.mark.parametrize(
    ("text", "pids"),
    [
        # Escaped quotes in a string of several lines; a detail that begins with a written tab.
        (
            f'x = "\n{OWNED}\n\\t cubic rto:200\n{OWNED}\n";\n'.replace('"s', r"\"s").replace(
                'd",', r"d\","
            ),
            [9, 9],
        ),
        (f'X = """Recv-Q\n{OWNED}\n\\t cubic rto:200\n"""\n', [9]),
        # A raw string of Rust, with the quotes of its owners as they are.
        (f'let line = r#"{OWNED}"#;\nlet (port, name) = parse(line);\n', [9]),
        (f"rows = '{OWNED}'\nassert name(rows) == 9, 10, 11\n", [9]),
        # Line ends that are written out in front of real ones.
        (f"{OWNED}\\r\\n\\\n{OWNED}\\r\\n\\\n", [9, 9]),
        (f'b = "\\\n\\x20 {OWNED}\\n\\\n\\x20 {OWNED}\\n";\n'.replace('(("', '((\\"'), [9, 9]),
    ],
)
def test_rows_are_read_as_the_program_would(text: str, pids: list[int]) -> None:
    dump = parse(text)
    assert dump.frame["pid"].tolist() == pids
    assert dump.frame["state_raw"].tolist() == ["LISTEN"] * len(pids)
    assert not dump.problems
    assert "rto_ms" in dump.frame or "details" not in dump.frame


@pytest.mark.parametrize(
    ("before", "behind"), [("", '\\n\' | parse " 443 ")"'), ("ESTAB ", " bytes_sent:1")]
)
def test_what_continues_a_row_may_be_written_behind_it(before: str, behind: str) -> None:
    row = "0 0 192.0.2.1:443 203.0.113.5:51234\\n\\t bbr rtt:20/1"
    dump = parse(f"one=\"$(printf '{before}{row}{behind}\n")
    assert dump.frame[["remote_port", "rtt_ms"]].values.tolist() == [[51234, 20]]
    assert not dump.problems


def lines_of(form: str, end: str = "\n", quotes: str = '"') -> Callable[[Sequence[str]], str]:
    return lambda rows: form % end.join(row.replace('"', quotes) for row in rows)


def each(form: str, quotes: str = '"', around: str = "%s\n") -> Callable[[Sequence[str]], str]:
    return lambda rows: around % "\n".join(form % row.replace('"', quotes) for row in rows)


SOURCES = {
    "a key of several strings": lines_of('  ("ss", "-tan"): "%s\\n",\n', r"\n", r"\""),
    "parts of a line": lambda rows: "".join(
        '  "{} "\n  "{}\\n"\n'.format(*row.replace('"', r"\"").rsplit(" ", 1)) for row in rows
    ),
    "code behind the end": lines_of('m = Mock(stdout="""%s""", returncode=0)\n'),
    "a call behind the end": lines_of('val out = """%s\n|""".stripMargin\n', "\n      |"),
    "an empty string behind": lines_of("run({ stdout: '%s\\n', stderr: '' });\n", r"\n"),
    "JSON": lines_of('{"rc": 0, "stdout": "%s", "stderr": ""}\n', r"\n", r"\""),
    "quotes that are doubled": lines_of('var out = @"%s\n";\n', quotes='""'),
    "CSV": each('2026-11-23,web1,"%s"', '""'),
    "XML": lines_of("<out>%s</out>\n<rc>0</rc>\n", quotes="&quot;"),
    "XML as it is": lines_of("<out><![CDATA[%s]]></out>\n"),
    "behind another string": lines_of('  {name: "one", in: `%s`},\n'),
    "behind others of its quotes": lines_of('run(["ss", "-tan"], stdout="""%s""")\n'),
    "raw, behind another string": lines_of('  ("one", r#"%s"#, 3),\n'),
    "a string that goes to a file": lines_of(
        'RUN printf "%s\\n" > /out && \\\n  chmod 755 /out\n', "\\n\\\n", r"\""
    ),
    "a string in a command in a string": lines_of("X=\"$(printf '%s' | tee /out)\"\n"),
    "a comment above code": each("// %s", around="%s\nfunc parse() int {\n\treturn 3\n}\n"),
}


@pytest.mark.parametrize("name", SOURCES)
@pytest.mark.parametrize(
    "heading", ["State Recv-Q Send-Q Local Address:Port Peer Address:Port", ""]
)
def test_nothing_of_a_source_is_part_of_a_row(name: str, heading: str) -> None:
    row = "udp        0      0 0.0.0.0:68       0.0.0.0:*                  {}/dhclient"
    windows = "  UDP    0.0.0.0:68             *:*                                    {}"
    for owner, rows in (
        ("sshd", [OWNED, OWNED.replace("pid=9", "pid=10")]),
        ("dhclient", [row.format(9), row.format(10)]),
        ("", [windows.format(9), windows.format(10)]),
    ):
        dump = parse(SOURCES[name]([heading, *rows] if heading and owner == "sshd" else rows))
        assert dump.frame["process"].fillna("").tolist() == [owner] * 2
        assert dump.frame["pid"].tolist() == [9, 10]
        assert dump.problems == []
        assert adds_up(dump)


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        (f"    ['sport = :22', '{OWNED}'],\n", [1]),
        (f"- `ss -tlnp` says `{OWNED}`\n", [1]),
        (f"  raw := `{OWNED}`\n  l := Parse(raw, `pid=([0-9]+),fd=[0-9]+`)\n", [1]),
        (f"""run('echo "{ROWS[1]}"\\n')\nwrite('echo "{ROWS[1]}"\\n')\n""", [1, 2]),
        (f"""run('echo "{ROWS[1]}"\\necho "{ROWS[0]}"\\n')\n""", [1, 1]),
        (f'"none") echo "nothing" ;;\n"all") echo "{ROWS[1]}"; fi ;;\n', [2]),
        (f'*) echo "{ROWS[1]}"; if [ -n "$X" ]; then echo "{ROWS[0]}"; fi ;;\n', [1, 1]),
        (f'case "$*" in\n"-l | grep :80")\n  echo "{ROWS[1]}"\n  ;;\n', [3]),
    ],
)
def test_every_string_of_a_line_that_is_a_row_is_read(text: str, lines: list[int]) -> None:
    dump = parse(text)
    assert dump.frame["line"].tolist() == lines
    assert dump.problems == []
    assert adds_up(dump)


@pytest.mark.parametrize(
    "row", [PACKET, "v_str LISTEN 0 0 *:5002 *:*", "u_str LISTEN 0 5 @a/b 11 * 0"]
)
def test_rows_of_every_family_are_rows_between_quotes(row: str) -> None:
    dump = parse(f"lines = [\n    '{row}',\n    '{row}',\n]\nprint(lines, 1, 2)\n")
    assert (len(dump.frame), dump.problems) == (2, [])


def test_rows_of_a_family_that_lack_their_state_are_rows() -> None:
    lacks = "u_str 0 0 /run/a.sock 11 * 12"
    dump = parse(f"rows = [\n  '{lacks}',\n  '{lacks}',\n  'u_str ESTAB 0 0 * 22 * 11',\n]\n")
    assert dump.frame["inode"].tolist() == [11, 11, 22]
    assert dump.frame["path"].fillna("").tolist() == ["/run/a.sock", "/run/a.sock", ""]
    assert dump.problems == []


def test_a_string_may_begin_with_an_address() -> None:
    row = "*.22                 *.*                0      0 24576      0 LISTEN"
    dump = parse(f'my $x =\n"      {row}\n{row.replace("*.22", "*.80")}\n";\n')
    assert dump.frame["local_port"].tolist() == [22, 80]
    assert not dump.problems


@pytest.mark.parametrize("begin", ["<<PORTS", "<<-'PORTS'", '<< "PORTS" | sort'])
def test_the_word_that_ends_a_text_is_no_row(begin: str) -> None:
    heading = "State Recv-Q Send-Q Local Address:Port Peer Address:Port"
    dump = parse(f"cat {begin}\n{heading}\n{OWNED}\nPORTS\n;; # of `-lun`\n")
    assert dump.frame["line"].tolist() == [3]
    assert dump.problems == []
    assert adds_up(dump)


def test_connections_that_are_tracked_are_no_damaged_rows() -> None:
    ends = "src=192.0.2.1 dst=192.0.2.2 sport=4000 dport=80"
    dump = parse(f"{ROWS[0]}\ntcp      6 55 CLOSE_WAIT {ends} {ends} [ASSURED] mark=0 use=1\n")
    assert (len(dump.frame), dump.problems) == (1, [])
    assert dump.census == {"rows": 1, "conntrack": 1}


@pytest.mark.parametrize(
    "text",
    [
        f'x = """\n{HEADINGS[1]}\n{ROWS[1]}\n"""\n    assert f(x) == {{22: 10, 80: 20, 53: 30}}\n',
        f"/*\n * {ROWS[1]}\n *\n * Format: proto recv-q send-q\n *\n * {ROWS[1]}\n */\n",
        f"// {HEADINGS[1]}\nif parts[0] != 'tcp4' {{\n  return 1\n}}\n",
    ],
)
def test_what_stands_around_rows_in_a_source_is_text(text: str) -> None:
    dump = parse(text)
    assert len(dump.frame) == text.count(ROWS[1])
    assert dump.problems == []
    assert sum(dump.census.values()) == dump.lines


def test_a_text_may_begin_within_a_string() -> None:
    dump = parse(f"{ROWS[0]}\n`\nand once more\nx := `{ROWS[0]}\n{ROWS[1].rstrip()}`\n")
    assert dump.frame["state_raw"].tolist() == ["ESTABLISHED", "ESTABLISHED", "LISTEN"]
    assert not dump.problems


# ---- several hosts ------------------------------------------------------------------------------


def spoken(front: str, host: str) -> list[str]:
    rows = [row.replace("192.0.2.10", f"192.0.2.{len(host)}") for row in ROWS]
    return [front.format(host) + line for line in (*HEADINGS, *rows)]


@pytest.mark.parametrize("front", ["{}: ", "[{}] ", "[{}] out: ", "{:9} | "])
@pytest.mark.parametrize("mixed", [False, True])
@pytest.mark.parametrize("engine", ["regex", "columns"])
def test_lines_behind_names_are_of_several_hosts(front: str, mixed: bool, engine: str) -> None:
    one, other = spoken(front, "web1"), spoken(front, "db1.example")
    lines = (
        [line for pair in zip(one, other, strict=True) for line in pair] if mixed else one + other
    )
    dump = parse("\n".join(["$ pdsh -w web1,db1.example netstat -an", *lines]), engine=engine)
    host = ["web1", "db1.example"] * 3 if mixed else ["web1"] * 3 + ["db1.example"] * 3
    assert dump.frame["host"].tolist() == host
    assert dump.frame["line"].is_monotonic_increasing
    assert dump.frame.groupby("host")["snapshot"].nunique().tolist() == [1, 1]
    assert dump.lines == len(lines) + 1
    assert adds_up(dump)
    assert not dump.problems


@pytest.mark.parametrize(
    "fronts",
    [("web1: ", "web1: "), ("a.txt: ", "b.txt: "), ("12: ", "13: "), ("Before: ", "After: ")],
)
def test_other_words_in_front_of_rows_are_no_hosts(fronts: tuple[str, str]) -> None:
    dump = parse("".join(f"{front}{row}\n" for front, row in zip(fronts, ROWS, strict=False)))
    assert dump.frame["host"].isna().all()
    assert len(dump.frame) == 2


def test_ansible_names_the_host_above_its_output() -> None:
    text = "\n".join((*HEADINGS, *ROWS))
    dump = parse(f"web1 | SUCCESS | rc=0 >>\n{text}\n\ndb1 | CHANGED | rc=0 >>\n{text}\n")
    assert dump.frame["host"].tolist() == ["web1"] * 3 + ["db1"] * 3
    assert dump.census["prompt"] == 2


@pytest.mark.parametrize("label", [">> node {} <<", "== host: {} ==", "--- Host {} ---"])
@pytest.mark.parametrize("engine", ["regex", "columns"])
def test_a_loop_names_the_host_above_its_output(label: str, engine: str) -> None:
    text = "\n".join((*HEADINGS, *ROWS))
    parts = (f"{label.format(name)}\n{text}\n\n" for name in ("web1", "192.0.2.7"))
    dump = parse("".join(parts), engine=engine)
    assert dump.frame["host"].tolist() == ["web1"] * 3 + ["192.0.2.7"] * 3
    assert not dump.problems


@pytest.mark.parametrize(
    "command",
    [
        "$ kubectl exec {} -- netstat -an",
        "kubectl exec -n app -it {} -c web -- netstat -an",
        "docker exec -i {} sh -c 'netstat -an'",
        "[root@web1 ~]# ssh -p 2222 root@{} netstat -an | grep 22",
        ">{} | CHANGED | rc=0 >>",
    ],
)
def test_a_command_names_the_host_on_which_it_ran(command: str) -> None:
    dump = parse("".join(f"{command.format(name)}\n{ROWS[0]}\n\n" for name in ("db-1", "db-2")))
    assert dump.frame["host"].tolist() == ["db-1", "db-2"]
    here = parse(f"{command.format('db-1')}\n{ROWS[0]}\n$ netstat -an\n{ROWS[1]}\n")
    assert here.frame["host"].fillna("").tolist() == ["db-1", ""]


def test_a_text_whose_prompts_name_one_host_is_of_that_host() -> None:
    prompt = "[root@{} ~]# netstat -an"
    named = (ROWS[0], prompt.format("web1"), ROWS[1], "", "once more", "", HEADINGS[1], ROWS[1])
    assert parse("\n".join(named)).frame["host"].tolist() == ["web1"] * 3
    two = parse("\n".join((*named, prompt.format("web2"), ROWS[0])))
    assert two.frame["host"].fillna("").tolist() == ["", "web1", "", "web2"]


@pytest.mark.parametrize(
    "above",
    [
        "[root@{}1 ~]# netstat -an\n",
        "$ kubectl exec {} -- netstat -an\n",
        "{} | CHANGED | rc=0 >>\n",
        "Every 2.0s: netstat -an             {}: Mon Nov 23 06:10:22 2026\n\n",
    ],
)
def test_chunks_are_of_the_host_and_the_time_that_was_named_above(
    above: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("nsparse.reading.chunks.PIECE", 1 << 12)
    rows = "".join(ROWS[0].replace(":22 ", f":{port} ") + "\n" for port in range(1000, 1120))
    text = "".join(f"{above.format(name)}{HEADINGS[1]}\n{rows}" for name in ("web", "db"))
    frames = [*nsparse.read_chunks(io.BytesIO(text.encode()))]
    assert len(frames) > 4
    columns = ["line", "host", "taken_at", "snapshot"]
    whole = nsparse.read(io.BytesIO(text.encode()))[columns]
    assert whole["host"].nunique() == 2
    assert pd.concat([frame[columns] for frame in frames], ignore_index=True).equals(whole)


@pytest.mark.parametrize("label", ["== node exporter ==", "== host 1 ==", "-- tcp-1 --"])
def test_a_line_that_names_no_host_is_a_sentence(label: str) -> None:
    assert parse(f"{label}\n{ROWS[0]}\n").frame["host"].isna().all()


@pytest.mark.parametrize(
    "owner",
    ['""",1,0', '"",1,0', '""a",1,0', '"a""",1,0', '""",pid=1,fd=0', '"" "",1,0', '""a"",1,0'],
)
def test_a_program_may_be_called_by_a_quote(owner: str) -> None:
    row = f"LISTEN 0 128 192.0.2.1:22 *:* users:(({owner}))\n"
    dump = parse("State Recv-Q Send-Q Local Address:Port Peer Address:Port\n" + row * 2)
    name = owner.rpartition('"')[0].removeprefix('"')
    assert dump.frame["process"].fillna("").tolist() == [name] * 2
    assert dump.problems == []


@pytest.mark.parametrize("name", [r"((\"", r"((\"x", r"a\"((\"b", r"users:((\"", "(("])
def test_a_program_whose_name_looks_escaped_is_no_source(name: str) -> None:
    row = f'LISTEN 0 128 192.0.2.1:22 *:* users:(("{name}",pid=9,fd=4))\n'
    dump = parse("State Recv-Q Send-Q Local Address:Port Peer Address:Port\n" + row * 2)
    assert dump.frame["process"].tolist() == [name] * 2
    assert not dump.notes
