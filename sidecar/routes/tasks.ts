import type { FastifyPluginAsyncTypebox } from "@fastify/type-provider-typebox";
import { Type } from "typebox";
import type { BodyLimit } from "../http/client-body.ts";
import type { TaskService } from "../services/tasks.ts";
import { readJsonBodies } from "./json-bodies.ts";

const ById = Type.Object({ task_id: Type.String() });

/** `/_plugins/_ml/tasks/{task_id}` */
export function taskRoutes(
	tasks: TaskService,
	bodyLimit: BodyLimit,
): FastifyPluginAsyncTypebox {
	return async (app) => {
		readJsonBodies(app, bodyLimit);
		app.get(
			"/_plugins/_ml/tasks/:task_id",
			{ schema: { params: ById } },
			({ params }) => tasks.get(params.task_id),
		);
		app.delete(
			"/_plugins/_ml/tasks/:task_id",
			{ schema: { params: ById } },
			({ params }) => tasks.delete(params.task_id),
		);
		app.post(
			"/_plugins/_ml/tasks/:task_id/_cancel",
			{ schema: { params: ById } },
			({ params }) => tasks.cancel(params.task_id),
		);
	};
}
