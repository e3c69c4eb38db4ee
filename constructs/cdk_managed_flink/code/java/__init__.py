"""Java and Scala jobs: jars that are given, and Maven projects that are built."""
