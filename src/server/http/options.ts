import { flag, MAX_LONG_TEXT, text } from "../../options/field.ts";
import { checkToken, parseControl } from "./address.ts";

export const controlFields = {
  control: text("HOST[:PORT] such as 127.0.0.1:8890", parseControl, {
    name: "control",
    syntax: "<address>",
    help: "listen for timecli control, as on 127.0.0.1:8890",
  }),
  controlToken: text("16 to 256 letters, digits and -._~+/", checkToken, {
    name: "control-token",
    maxLength: MAX_LONG_TEXT,
    syntax: "<token>",
    help: "bearer token of requests; others see a command line",
    isSecret: true,
  }),
  controlReadOnly: flag({
    name: "control-read-only",
    help: "show all and change nothing, so that mmsg stays possible",
  }),
};
