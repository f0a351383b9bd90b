/** Why a request to the control interface changed nothing. */
export class Refused extends Error {
  override readonly name = "Refused";
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;

  /**
   * @param status The status code of HTTP (RFC 9110 §15)
   * @param message One line that says why
   * @param headers What HTTP wants to be said besides
   */
  constructor(status: number, message: string, headers: Readonly<Record<string, string>> = {}) {
    super(message);
    this.status = status;
    this.headers = headers;
  }
}
