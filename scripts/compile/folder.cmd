@echo off
rem Starts @NAME@ with the Deno in lib.
setlocal DisableDelayedExpansion
rem Deno and the libraries in it obey variables that were meant for other programs.
for %%p in (DENO_ NODE_ OTEL_ RUST_ TOKIO_ ICU_ NPM_CONFIG_ JSR_ SSLKEYLOGFILE) do (
  rem Without one such variable, set would report that.
  set "%%p=none"
  for /f "delims==" %%v in ('set %%p') do set "%%v="
)
set "DENO_NO_UPDATE_CHECK=1"
set "DENO_NO_PACKAGE_JSON=1"
set "DENO_DIR=NUL\none"
if defined LOCALAPPDATA set "DENO_DIR=%LOCALAPPDATA%\timesrv\deno_dir"
"%~dp0lib\deno.exe" run @FLAGS@ "%~dp0lib\@NAME@.mjs" %*
exit /b %errorlevel%
