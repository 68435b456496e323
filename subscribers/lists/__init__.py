"""Subscriber lists as files: import with the evidence of each consent, and export.

An import is a pipeline, and each step has its module:

    file      `uploaded_lists` stores what the admin uploads; the command opens a file
    decode    `file_encodings` finds the encoding
    rows      `csv_files` finds separator and header, and reads rows
    plan      `import_plan` decides which column holds which field (by `columns` and `dates`),
              and `column_survey` which column says who must not be emailed (by
              `status_columns` and `status_stems`); it says what an editor must still state
    validate  `row_validation` turns each row into the values to store, or says why it is refused
    stage     `import_sql` copies validated rows into a temporary table
    write     `import_sql` compares them with the real tables and inserts the new subscribers

`import_run` runs the last three steps: all rows are written in one transaction, or none.
`import_errors` has the sentences for files and rows that are refused. `export` writes a list that
`import_run` reads again. The pages are in `admin` and `forms`, the Celery tasks in `tasks`.
"""
