"""The compiler: loads a spec, checks it, lowers it to a Plan. Import `stagelang_compiler.compiler` to do all of it."""
