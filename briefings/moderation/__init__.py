"""What happens to a comment between its form and the page, and what moderators use.

`publication.receive` takes each comment that is new or changed: `holds` finds why a moderator
should read it first, and a briefing that publishes first shows it if there is no such reason.
`comment_queue` puts what waits in order, `briefings/comment_decisions.py` decides and undoes.
"""
