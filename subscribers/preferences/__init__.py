"""Preferences: what subscribers may change, and how they prove who they are.

access_links        what the link in any email may do, and the link that only the owner gets
preference_changes  which briefings and which name: the form of the owner's page, in one step
undo_tokens         what undoes an unsubscription, on the page that follows it
address_changes     a new address, once both mailboxes have agreed
views               the pages of these; `unsubscribe_views` those of unsubscribing (RFC 8058)
forms               their forms
"""
