"""The commands on the page *Reports* write what it says."""

from tests.docs.blocks import prompted, replaced, shell, take

REPORT, RUN = prompted(take("report.md", "console"))


def test_both_commands_write_the_report_beside_the_study_and_print_its_path(tmp_path):
    shell("mesa-doe example wolf-sheep", tmp_path)
    file, report = tmp_path / "wolf-sheep.toml", tmp_path / "wolf-sheep.html"
    fewer = {"n = 10 ": "n = 2 ", "max_steps = 40": "max_steps = 5", "n_jobs = -1": "n_jobs = 1"}
    file.write_text(replaced(file.read_text(), fewer))
    for command in (RUN, REPORT):
        assert report.name in shell(command, tmp_path)
        assert report.read_text(encoding="utf-8").startswith("<!DOCTYPE html>")
        report.unlink()
