import subprocess
import sys

import pytest

from mesa_doe.cli.main import main
from tests.cli.studies import command


def test_the_room_is_imported_without_solara():
    code = (
        "import sys; sys.modules['solara'] = None\n"
        "import mesa_doe.explore.page, mesa_doe.explore.serving\n"
        "from mesa_doe.cli.main import main\n"
        "sys.exit(main(['explore', 'nowhere']))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert 'pip install "mesa-doe[explore]"' in done.stderr


def test_a_study_that_is_not_there_is_said(tmp_path):
    pytest.importorskip("solara", reason="solara is not installed")
    assert "there is no study in" in command("explore", tmp_path / "none", "--no-browser", expected=1)


@pytest.mark.parametrize("port", ["soon", "-1", "70000"])
def test_a_port_is_a_number(port, capsys):
    with pytest.raises(SystemExit) as stop:
        main(["explore", "study", f"--port={port}"])
    assert stop.value.code == 2
    said = capsys.readouterr().err
    assert said.endswith(f"argument --port: takes a number from 0 to 65535, got {port!r}\n")
