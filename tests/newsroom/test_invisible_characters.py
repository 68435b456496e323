"""What nobody sees is removed where it would do harm, and kept where a script needs it."""

from __future__ import annotations

from newsroom.invisible_characters import (
    count_binary_characters,
    has_space_or_invisible,
    has_visible,
    one_line,
    remove_forbidden_in_xml,
    remove_invisible,
    remove_invisible_from_name,
    remove_unprintable,
)


def test_nothing_can_start_another_line() -> None:
    assert one_line("Beds\r\nBcc:\u2028x\x85\x00y ") == "Beds Bcc: x y"


def test_text_files_have_tabs_and_line_ends_but_no_other_control_characters() -> None:
    assert count_binary_characters("a\tb\r\n\f\x1a") == 0
    assert count_binary_characters("\x00\x01\x1f") == 3


def test_pasted_text_keeps_its_line_ends() -> None:
    assert remove_invisible("a\u200bb\ufeff\x00\xad\nc\td") == "ab\nc\td"


def test_a_persian_name_keeps_its_joiner() -> None:
    assert remove_invisible_from_name("علی\u200cرضا\u202e") == "علی\u200cرضا"


def test_a_file_name_loses_escape_codes() -> None:
    assert remove_unprintable("\x1b[31mlist\n.csv") == "[31mlist.csv"
    assert remove_unprintable("a\u200b\nb", keep_spaces=True) == "a\nb"


def test_xml_allows_tabs_and_line_ends_alone() -> None:
    assert remove_forbidden_in_xml("a\t\n\r\x0b\x00\ud800b") == "a\t\n\rb"


def test_only_spaces_and_format_characters_are_nothing_to_see() -> None:
    assert not has_visible("\u200b\u202e \u2060")
    assert has_visible("👩‍👧")


def test_an_address_may_hide_nothing() -> None:
    assert has_space_or_invisible("ada@exam\u00adple.org")
    assert has_space_or_invisible("ada\u3164@example.org")
    assert not has_space_or_invisible("ada@example.org")
