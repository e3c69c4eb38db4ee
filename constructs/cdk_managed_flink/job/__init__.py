"""What goes into the job's zip: the SQL runner, its lexer and the reader of property groups.

Runs inside Flink, so it uses the standard library and, inside functions, PyFlink; nothing of the
rest of this project. The parts that read SQL serve at synth as well: one implementation of both.
"""
