"""Signing up: a form, an email that asks to confirm it, and the subscription.

views               the sign-up page, the form for other sites, the page behind the confirmation
                    link, and the one that ends a pause
forms               the fields, with `disposable_domains` and `domain_suggestions`
                    (newsroom/form_guard.py checks each form that is sent)
embedded_form       the form that other sites paste into their pages
referrals           which issue brought the reader
pending_sign_ups    the sign-up that waits for its confirmation, and the email about it
reminders, tasks    one reminder, for those who did not confirm
confirmation        what the button on the confirmation page does
resume_links        the link in emails to somebody who signs up while paused
admin               what staff see of sign-ups that are not confirmed yet
"""
