/** Every option of the product, one class a concern, and the validated settings made of them. */
package io.focusstream.operators.config;
