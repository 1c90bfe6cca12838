import { BenchThread } from "./bench-thread.ts";
import { type LoadGenerator, rate } from "./load.ts";
import type { Plan } from "./plan.ts";
import { predictCalls } from "./predict-calls.ts";
import type { Row } from "./table.ts";

/** What the load generator can do: requests a second to a server that does nothing. */
export async function loadLimit(
	load: LoadGenerator,
	{ roundMs }: Plan,
): Promise<Row[]> {
	const file = new URL("./still-server.ts", import.meta.url);
	const thread = await BenchThread.start<"start", string>(file);
	try {
		const url = await thread.ask("start");
		const text = "eight words that are as good as others";
		const models = { fp32: "none", int8: "none" };
		const calls = predictCalls(models, "fp32", [text]);
		const options = { url, calls, clients: 32, endless: true, mostMs: roundMs };
		await load.run(options);
		return [
			{
				what: "32 clients of this bench and a server that does nothing",
				unit: "requests/s",
				ours: rate(await load.run(options)),
			},
		];
	} finally {
		await thread.end();
	}
}
