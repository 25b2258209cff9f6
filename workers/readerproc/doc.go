// Package readerproc runs pipeline in processes of their own, so that a hostile
// or broken image can at worst kill a child, never the worker, and finds neither
// network nor secrets where it lands.
//
// A Pool keeps warm children of the same binary (heyin reader). It talks to each
// over two pipes, file descriptors 3 and 4 of the child: what C libraries print
// on standard output and error never meets the protocol.
//
//	worker                          child
//	                          <---  ready       software version, how it is confined
//	read        page bytes    --->
//	                          <---  identified  what the page says it is (at most once)
//	books       statement,    --->
//	            specimen images
//	                          <---  result      verdict, evidence images
//	                           or   fault       class, code, reason
//
//	card        card bytes    --->
//	                          <---  seals       boxes and grades, pictures
//	                           or   fault
//
// Every message is one frame: JSON beside binary blobs, with bounded sizes
// (frame.go). A child that breaks the protocol, dies, or exceeds its time, CPU
// or memory is killed with its whole process group and replaced; its page comes
// back as a Retryable fault for which Lost is true, never as a verdict.
package readerproc
