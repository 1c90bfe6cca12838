import { timingSafeEqual } from "node:crypto";
import type {
	FastifyPluginAsyncTypebox,
	TypeBoxTypeProvider,
} from "@fastify/type-provider-typebox";
import type { FastifyInstance } from "fastify";
import { Type } from "typebox";
import { ClearResults } from "../../schemas/cleared-results.ts";
import { RemoteRun } from "../../schemas/remote-run.ts";
import { SidecarError } from "../errors.ts";
import type { BodyLimit } from "../http/client-body.ts";
import { clientSignal } from "../http/client-signal.ts";
import type { ClusterSettingsService } from "../services/cluster-settings.ts";
import type { Convergence } from "../services/convergence.ts";
import type { DeploymentService } from "../services/deployments.ts";
import type { KeptResults } from "../services/kept-results.ts";
import type { ModelRuns } from "../services/model-runs.ts";
import type { NodeRegistry } from "../services/node-registry.ts";
import type { NodeReport } from "../services/node-report.ts";
import type { PipelineService } from "../services/writes/pipelines.ts";
import { readJsonBodies } from "./json-bodies.ts";

export interface InternalRoutesOptions {
	registry: NodeRegistry;
	settings: ClusterSettingsService;
	pipelines: PipelineService;
	report: NodeReport;
	runs: ModelRuns;
	results: KeptResults;
	convergence: Convergence;
	deployments: DeploymentService;
	bodyLimit: BodyLimit;
	/** The header that has to hold this sidecar's secret. */
	secretHeader: string;
}

const ById = Type.Object({ id: Type.String() });
const Models = Type.Object({ model_ids: Type.Array(Type.String()) });

/**
 * `/_sidecar/internal`: what sidecars ask each other. Whoever asks shows the secret of the sidecar that is asked,
 * which stands where only sidecars can read it.
 */
export function internalRoutes(
	options: InternalRoutesOptions,
): FastifyPluginAsyncTypebox {
	const {
		registry,
		settings,
		pipelines,
		report,
		runs,
		results,
		convergence,
		deployments,
		bodyLimit,
		secretHeader,
	} = options;
	return async (scope: FastifyInstance) => {
		const app = scope.withTypeProvider<TypeBoxTypeProvider>();
		readJsonBodies(scope, bodyLimit);
		app.setErrorHandler((error, request, reply) => {
			if (!(error instanceof SidecarError)) throw error;
			request.log.debug({ err: error }, error.message);
			return reply.status(error.status).send({
				code: error.code,
				reason: error.message,
				...(error.retryAfterMs !== undefined && {
					retry_after_ms: error.retryAfterMs,
				}),
			});
		});
		app.addHook("onRequest", async ({ headers }) => {
			if (!isEqual(headers[secretHeader], registry.secret))
				throw new SidecarError(
					"forbidden",
					"this path is for the sidecars of the cluster",
				);
		});

		app.get("/_sidecar/internal/node", () => ({
			node_id: registry.claimed,
		}));

		app.post("/_sidecar/internal/settings", async () => {
			await settings.refresh();
			return {};
		});

		app.post("/_sidecar/internal/pipelines", () => {
			pipelines.forget();
			return {};
		});

		app.get("/_sidecar/internal/stats", () => report.stats());

		app.get("/_sidecar/internal/profile", () => report.profile());

		app.get(
			"/_sidecar/internal/models/:id",
			{ schema: { params: ById } },
			({ params }) => runs.facts(params.id),
		);

		app.post(
			"/_sidecar/internal/models/:id/run",
			{ schema: { params: ById, body: RemoteRun } },
			async ({ params, body }, reply) => ({
				results: await runs.run(params.id, body, clientSignal(reply)),
			}),
		);

		app.post(
			"/_sidecar/internal/cache/clear",
			{ schema: { body: ClearResults } },
			({ body }) => ({ entries: results.clearHere(body.identity) }),
		);

		app.post(
			"/_sidecar/internal/converge",
			{ schema: { body: Models } },
			({ body, log }, reply) => {
				// The outcome stands in the model's document; what fails is done by the next round.
				for (const id of body.model_ids)
					convergence.run(id).catch((error: unknown) => {
						log.warn({ err: error, modelId: id }, "a deployment is delayed");
					});
				return reply.status(202).send({});
			},
		);

		app.post(
			"/_sidecar/internal/drop",
			{ schema: { body: Models } },
			async ({ body }) => ({ stats: await deployments.drop(body.model_ids) }),
		);
	};
}

function isEqual(shown: unknown, secret: string): boolean {
	if (typeof shown !== "string") return false;
	const a = Buffer.from(shown);
	const b = Buffer.from(secret);
	return a.length === b.length && timingSafeEqual(a, b);
}
