"""A restored database: what is held in it, and what a person makes of it.

`newsroom.database_epoch` notices that the database was restored.

    held_work         everything that is held, whatever it is: hold, list, release, give up
      held_dispatches   issues that were being sent
      held_issues       issues that were scheduled
      held_imports      lists that were being imported
      held_emails       transactional emails that were waiting
    admin             the page on which an administrator decides
"""
