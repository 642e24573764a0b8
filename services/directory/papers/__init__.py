"""Papers: what proves something, what is printed, and how a paper is checked by whoever holds it.

They know agreements and registrations by what their events say, and never decide about them.

- `files` are bytes that somebody gives: a photograph, a scan or a PDF, known by their content; `apart` reads them in a
  process of its own, with `images` (JPEG and PNG), `documents` (PDF rewritten) and `looks` (whether two PDF look the same).
- `evidence` (佐证材料) is a file of a graduate as a fact: whose it is and what it shows.
- `licence` (营业执照) is an employer's file as a fact.
- `store` keeps sealed bytes; it knows of nobody.
- `forms` (in `services.directory`) are the layouts on which a book may be printed.
- `book` (就业协议书) makes the bytes of one from what was agreed, in `fonts`.
- `printing` says from an agreement's stream which book that is.
- `verification` is the number (核验编号) on whatever is printed; `verification_records` are what each number stands for.
- `desk` brings them together: takes files, shows them, prints books.
"""
