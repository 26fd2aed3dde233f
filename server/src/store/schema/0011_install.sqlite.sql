-- How the organisation's people get the program: where, in which words, and the sums of the files there. Empty or null: nobody said.
ALTER TABLE organisation ADD COLUMN install_url TEXT;
ALTER TABLE organisation ADD COLUMN install_text TEXT;
ALTER TABLE organisation ADD COLUMN install_sums TEXT;
