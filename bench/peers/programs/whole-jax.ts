/** @file Everything that the main entry exports, to be weighed. */
import * as everything from '@jax-js/jax';

Object.assign(window, { everything });
