/** The figures of `/metrics` at one moment. */
export class Metrics {
  readonly #text: string;

  private constructor(text: string) {
    this.#text = text;
  }

  static async of(baseUrl: string): Promise<Metrics> {
    const response = await fetch(`${baseUrl}/metrics`);
    if (!response.ok) throw new Error(`${response.url} answered with status ${response.status}.`);
    return new Metrics(await response.text());
  }

  /**
   * A figure by its name with its labels, for example `mediclip_queue_depth{kind="scoring"}`; throws when it is not
   * there.
   */
  value(name: string): number {
    const line = this.#text.split('\n').find((each) => each.startsWith(`${name} `));
    if (line === undefined) throw new Error(`/metrics has no ${name}.`);
    return Number(line.slice(name.length + 1));
  }
}
