import { fetchMiniLm } from "../../../sidecar/dev/model-artifact.ts";
import type { Contestant } from "../contestant.ts";
import type { PredictBench } from "./predict-rows.ts";
import { median } from "./statistics.ts";
import type { Row } from "./table.ts";

/** How long a deployment takes whose files are in the cache folder, against ml-commons' first and second one. */
export async function warmDeploy({
	servers,
	plan,
}: PredictBench): Promise<Row[]> {
	const { ours, theirs } = servers;
	const artifact = await fetchMiniLm({
		precision: "fp32",
		report: () => undefined,
	});
	const round = async (contestant: Contestant) => {
		const id = await contestant.registerByUrl(artifact);
		await contestant.timed("deploy", () => contestant.deploy(id));
		await contestant.undeploy(id);
		await contestant.timed("deploy, cache warm", () => contestant.deploy(id));
		await contestant.undeploy(id);
		await contestant.delete(id);
	};
	for (let number = 0; number < plan.fewRounds; number++) {
		await round(ours.contestant);
		await round(theirs.contestant);
	}
	const warm = ({ times }: Contestant) =>
		median(times.get("deploy, cache warm") ?? []);
	return [
		{
			what: "start to DEPLOYED with a warm cache (theirs: first deploy), fp32",
			unit: "ms",
			ours: warm(ours.contestant),
			theirs: median(theirs.contestant.times.get("deploy") ?? []),
			bound: { at: "most", limit: 0.3 },
			note: `theirs the second time: ${warm(theirs.contestant).toFixed(0)} ms`,
		},
	];
}
