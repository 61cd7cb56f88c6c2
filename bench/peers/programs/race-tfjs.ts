/** @file The page of tfjs in the race. */
import { start } from '../contenders/tfjs.ts';
import { serveSession } from '../session.ts';

serveSession(start);
